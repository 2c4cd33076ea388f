"""Clients that mean harm, as a program of its own, and an honest client that is timed beside them.

python -m hostile page PORT COUNT
python -m hostile socket PATH COUNT
"""
