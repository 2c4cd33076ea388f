-- The tables of Plate Edge in PostgreSQL 13 or newer. The owner of the database runs it, once or again after an upgrade.
SET client_encoding = 'UTF8';
CREATE SCHEMA IF NOT EXISTS plate_edge;
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- Look-alikes of three scripts written alike, as `plate_runtime.alphabet.fold` does. The column `folded` stores its values:
-- if this table changes, the column has to be made again.
CREATE OR REPLACE FUNCTION plate_edge.fold(wanted text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT translate(
        wanted,
        'OОΟIІΙАΑВΒСϹЕΕНΗЈКΚМΜΝРΡЅТΤХΧУΥΖ',
        '000111AABBCCEEHHJKKMMNPPSTTXXYYZ'
    )
$$;

CREATE TABLE IF NOT EXISTS plate_edge.events (
    id uuid PRIMARY KEY,
    device text NOT NULL,
    camera text,
    type text NOT NULL,
    text text,
    folded text GENERATED ALWAYS AS (plate_edge.fold(text)) STORED,
    confidence real,
    region text,
    text_hash text,
    watchlists text[] NOT NULL DEFAULT '{}',
    first_time timestamptz,
    last_time timestamptz,
    source text,
    frames integer,
    boot_id text,
    time_set boolean,
    record jsonb NOT NULL,
    stored timestamptz NOT NULL DEFAULT now()
);

-- Earlier versions folded O and I alone. The column is made again, with its indexes.
DO $$ BEGIN
    IF EXISTS (
        SELECT 1 FROM information_schema.columns WHERE table_schema = 'plate_edge' AND table_name = 'events'
        AND column_name = 'folded' AND generation_expression NOT LIKE '%fold(%'
    ) THEN
        ALTER TABLE plate_edge.events DROP COLUMN folded;
    END IF;
END $$;
ALTER TABLE plate_edge.events ADD COLUMN IF NOT EXISTS folded text GENERATED ALWAYS AS (plate_edge.fold(text)) STORED;

CREATE INDEX IF NOT EXISTS events_by_time ON plate_edge.events (last_time);
CREATE INDEX IF NOT EXISTS events_by_text ON plate_edge.events (folded, last_time);
CREATE INDEX IF NOT EXISTS events_by_camera ON plate_edge.events (device, camera, last_time);
CREATE INDEX IF NOT EXISTS events_by_part ON plate_edge.events USING gin (folded public.gin_trgm_ops);
-- Holds what the page History compares: where no other index fits, it is read instead of the wide rows.
CREATE INDEX IF NOT EXISTS vehicles_by_page ON plate_edge.events (device, last_time, id)
    INCLUDE (folded, camera, confidence, watchlists) WHERE type = 'vehicle';
CREATE INDEX IF NOT EXISTS events_by_hash ON plate_edge.events (text_hash, last_time) WHERE text_hash IS NOT NULL;
CREATE INDEX IF NOT EXISTS events_by_list ON plate_edge.events USING gin (watchlists) WHERE watchlists <> '{}';
CREATE INDEX IF NOT EXISTS events_without_clock ON plate_edge.events (device, boot_id) WHERE NOT time_set;

-- One row for each text: when it was seen first and last, how often, and where last.
CREATE OR REPLACE VIEW plate_edge.last_seen AS
SELECT text, min(first_time) AS first_time, max(last_time) AS last_time, count(*) AS vehicles,
       (array_agg(device ORDER BY last_time DESC))[1] AS device,
       (array_agg(camera ORDER BY last_time DESC))[1] AS camera
FROM plate_edge.events WHERE type = 'vehicle' AND text IS NOT NULL GROUP BY text;

-- Events whose text is like a text, the most alike first.
CREATE OR REPLACE FUNCTION plate_edge.like_text(wanted text)
RETURNS TABLE (alike real, id uuid, text text, last_time timestamptz, device text, camera text)
LANGUAGE sql STABLE SET search_path = plate_edge, public AS $$
    SELECT similarity(folded, plate_edge.fold(upper(wanted))), id, text, last_time, device, camera
    FROM plate_edge.events WHERE folded % plate_edge.fold(upper(wanted))
    ORDER BY 1 DESC, last_time DESC
$$;

-- Corrects the times of a device's events of one boot once its clock is set: a time is `boot_time` plus `monotonic`.
CREATE OR REPLACE FUNCTION plate_edge.correct_clock(of_device text, of_boot text, boot_time timestamptz)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = plate_edge, pg_temp AS $$
    WITH late AS (
        SELECT id, boot_time + make_interval(secs => (record ->> 'monotonic')::float8) - last_time AS shift
        FROM plate_edge.events WHERE device = of_device AND boot_id = of_boot AND NOT time_set
    )
    UPDATE plate_edge.events AS event SET
        first_time = event.first_time + shift, last_time = event.last_time + shift, time_set = true,
        record = event.record || jsonb_build_object('time_set', true) || (
            SELECT coalesce(jsonb_object_agg(key, to_char(
                ((event.record ->> key)::timestamptz + shift) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')), '{}')
            FROM unnest(ARRAY['time', 'first_time', 'last_time']) AS key WHERE event.record ->> key IS NOT NULL
        )
    FROM late WHERE event.id = late.id
$$;

-- Deletes events that are older than so many days. No device may do this.
CREATE OR REPLACE FUNCTION plate_edge.delete_older(days double precision)
RETURNS bigint LANGUAGE sql SET search_path = plate_edge, pg_temp AS $$
    WITH gone AS (
        DELETE FROM plate_edge.events
        WHERE coalesce(last_time, stored) < now() - make_interval(secs => days * 86400) RETURNING 1
    )
    SELECT count(*) FROM gone
$$;

-- Devices log in with a role of this group: it can add events, and read, change and delete none.
DO $$ BEGIN CREATE ROLE plate_edge_device NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE plate_edge_reader NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA plate_edge FROM PUBLIC;
GRANT USAGE ON SCHEMA plate_edge TO plate_edge_device, plate_edge_reader;
GRANT INSERT ON plate_edge.events TO plate_edge_device;
GRANT EXECUTE ON FUNCTION plate_edge.fold TO plate_edge_device, plate_edge_reader;
GRANT EXECUTE ON FUNCTION plate_edge.correct_clock TO plate_edge_device;
GRANT SELECT ON ALL TABLES IN SCHEMA plate_edge TO plate_edge_reader;
GRANT EXECUTE ON FUNCTION plate_edge.like_text TO plate_edge_reader;
