-- Intake tables, shared by gateway (journal, links), ingest (routes, latest, progress) and the platform's readers.
-- Idempotent: every process may run it at start; the lock lets one do so at a time.
SELECT pg_advisory_xact_lock(21200);

CREATE SCHEMA IF NOT EXISTS intake;

-- The journal. Every byte received is in a row; fault null = a valid frame.
-- seq is dense per shard and given by the one writer of the shard, so commit order = seq order.
CREATE TABLE IF NOT EXISTS intake.frame (
    shard       smallint    NOT NULL,
    seq         bigint      NOT NULL,
    received_at timestamptz NOT NULL,
    peer        text        NOT NULL,
    connection  bigint      NOT NULL,
    mn          text,
    st          text,
    cn          text,
    qn          text,
    flag        int,
    fault       text,
    raw         bytea       NOT NULL,
    PRIMARY KEY (shard, seq)
);
CREATE INDEX IF NOT EXISTS frame_received ON intake.frame USING brin (received_at);
CREATE INDEX IF NOT EXISTS frame_faults ON intake.frame (received_at) WHERE fault IS NOT NULL;

-- What is known of each MN's link. The registry sets `known`; the gateway never does.
CREATE TABLE IF NOT EXISTS intake.link (
    mn            text PRIMARY KEY,
    shard         smallint NOT NULL DEFAULT 0,
    standard      text,
    peer          text,
    connected     bool     NOT NULL DEFAULT false,
    connected_at  timestamptz,
    last_frame_at timestamptz,
    last_valid_at timestamptz,
    frames        bigint   NOT NULL DEFAULT 0,
    faults        bigint   NOT NULL DEFAULT 0,
    duplicates    bigint   NOT NULL DEFAULT 0,
    clock_skew_s  real,
    known         bool     NOT NULL DEFAULT false
);

CREATE SEQUENCE IF NOT EXISTS intake.point_id_seq AS int;

CREATE TABLE IF NOT EXISTS intake.route (
    mn         text        NOT NULL,
    st         text        NOT NULL,
    point_id   int         NOT NULL UNIQUE DEFAULT nextval('intake.point_id_seq'),
    first_seen timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (mn, st)
);

CREATE TABLE IF NOT EXISTS intake.latest (
    point_id    int         NOT NULL,
    factor      text        NOT NULL,
    cadence     text        NOT NULL,
    time        timestamptz NOT NULL,
    value       double precision,
    reference   double precision,
    flag        text        NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (point_id, factor, cadence)
) WITH (fillfactor = 70);

-- How far ingest is, for people; the truth is the lake's own transaction. seq = journal rows also in `latest`.
CREATE TABLE IF NOT EXISTS intake.progress (
    shard       smallint PRIMARY KEY,
    seq         bigint   NOT NULL DEFAULT 0,
    updated_at  timestamptz NOT NULL DEFAULT now(),
    frames      bigint   NOT NULL DEFAULT 0,
    readings    bigint   NOT NULL DEFAULT 0,
    events      bigint   NOT NULL DEFAULT 0,
    duplicates  bigint   NOT NULL DEFAULT 0,
    corrections bigint   NOT NULL DEFAULT 0,
    skipped     bigint   NOT NULL DEFAULT 0
);

-- Days (Beijing) that got new readings or events, and when last: a screening run begins at the earliest of them.
CREATE TABLE IF NOT EXISTS intake.touched (
    day date        PRIMARY KEY,
    at  timestamptz NOT NULL
);

-- What is archived: a copy of the chain in the archive's folder. It tells a chain that was cut short or rewritten.
CREATE TABLE IF NOT EXISTS intake.archive (
    number     bigint      PRIMARY KEY,
    shard      smallint    NOT NULL,
    first      bigint      NOT NULL,
    last       bigint      NOT NULL,
    start_us   bigint      NOT NULL,
    end_us     bigint      NOT NULL,
    root       text        NOT NULL,
    previous   text        NOT NULL,
    head       text        NOT NULL,
    made_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (shard, first)
);

-- To whom frames are relayed. `mns`: exact MNs, or beginnings that end in *; {*} is all. Edited by people,
-- the rest is written by the forwarder.
CREATE TABLE IF NOT EXISTS intake.forward (
    name           text PRIMARY KEY,
    host           text        NOT NULL,
    port           int         NOT NULL,
    mns            text[]      NOT NULL DEFAULT '{*}',
    answers        bool        NOT NULL DEFAULT true,
    active         bool        NOT NULL DEFAULT true,
    connected      bool        NOT NULL DEFAULT false,
    sent           bigint      NOT NULL DEFAULT 0,
    resent         bigint      NOT NULL DEFAULT 0,
    answered       bigint      NOT NULL DEFAULT 0,
    unanswered     bigint      NOT NULL DEFAULT 0,
    ignored        bigint      NOT NULL DEFAULT 0,
    connections    bigint      NOT NULL DEFAULT 0,
    last_sent_at   timestamptz,
    last_answer_at timestamptz,
    error          text
);

-- Its queue: journal rows after `seq` are still to be relayed.
CREATE TABLE IF NOT EXISTS intake.forward_position (
    name  text     NOT NULL REFERENCES intake.forward ON DELETE CASCADE,
    shard smallint NOT NULL,
    seq   bigint   NOT NULL,
    PRIMARY KEY (name, shard)
);

-- Settings of single devices; one without a row has the defaults. Keys: SM4, 16 bytes; `key_coming` was issued
-- by the gateway (1014) and becomes current when the device answers or uses it. `tolerate`: CRC faults taken as
-- valid. `allow_clear`: a private line, where encryption is only recommended (HJ 212-2025 section 6.4).
CREATE TABLE IF NOT EXISTS intake.device (
    mn           text PRIMARY KEY,
    standard     text CHECK (standard IN ('2005', '2017', '2025')),
    profile      text,
    key_current  bytea CHECK (octet_length(key_current) = 16),
    key_previous bytea CHECK (octet_length(key_previous) = 16),
    key_coming   bytea CHECK (octet_length(key_coming) = 16),
    key_made_at  timestamptz,
    tolerate     text[] NOT NULL DEFAULT '{}' CHECK (tolerate <@ '{hj212.crc_modbus,hj212.crc_swapped}'),
    allow_clear  bool   NOT NULL DEFAULT true,
    over_time    real   NOT NULL DEFAULT 10 CHECK (over_time > 0),
    re_count     int    NOT NULL DEFAULT 3 CHECK (re_count >= 0),
    changed_at   timestamptz NOT NULL DEFAULT now()
);

-- Every key a device ever had: the journal and the archive hold its frames as they came.
CREATE TABLE IF NOT EXISTS intake.device_key (
    mn      text  NOT NULL,
    key     bytea NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (mn, key)
);

CREATE OR REPLACE FUNCTION intake.keep_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO intake.device_key (mn, key)
    SELECT NEW.mn, key FROM unnest(ARRAY[NEW.key_current, NEW.key_previous, NEW.key_coming]) AS key
    WHERE key IS NOT NULL ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION intake.tell_gateway() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('intake_desk', TG_TABLE_NAME);
    RETURN NULL;
END $$;
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = 'device_keys') THEN
        CREATE TRIGGER device_keys AFTER INSERT OR UPDATE ON intake.device
            FOR EACH ROW EXECUTE FUNCTION intake.keep_keys();
        CREATE TRIGGER device_tell AFTER INSERT OR UPDATE OR DELETE ON intake.device
            FOR EACH STATEMENT EXECUTE FUNCTION intake.tell_gateway();
    END IF;
END $$;

-- What an operator should know of a link beyond its counts. `seal`: how the last frame was protected that had to
-- be; `clear`: frames in clear where encryption is due; `tolerated`: taken in spite of a wrong CRC; `rivals`:
-- frames of the MN over an older connection while a newer one carries it: probably two devices with one MN.
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM information_schema.columns
                   WHERE table_schema = 'intake' AND table_name = 'link' AND column_name = 'seal') THEN
        ALTER TABLE intake.link
            ADD COLUMN seal text,
            ADD COLUMN clear bigint NOT NULL DEFAULT 0,
            ADD COLUMN tolerated bigint NOT NULL DEFAULT 0,
            ADD COLUMN crc_faults bigint NOT NULL DEFAULT 0,
            ADD COLUMN rivals bigint NOT NULL DEFAULT 0,
            ADD COLUMN rival_peer text,
            ADD COLUMN rival_at timestamptz;
    END IF;
END $$;

-- Valid frames of an MN that ingest could not read, acknowledged all the same: how many, why and when the last.
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM information_schema.columns
                   WHERE table_schema = 'intake' AND table_name = 'link' AND column_name = 'skipped') THEN
        ALTER TABLE intake.link
            ADD COLUMN skipped bigint NOT NULL DEFAULT 0,
            ADD COLUMN skip_fault text,
            ADD COLUMN skipped_at timestamptz;
    END IF;
END $$;

-- Since when the device has been there, its own short pauses left out; and valid frames of its MN from an address it
-- may not come from (`gateway.address`).
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM information_schema.columns
                   WHERE table_schema = 'intake' AND table_name = 'link' AND column_name = 'up_since') THEN
        ALTER TABLE intake.link
            ADD COLUMN up_since timestamptz,
            ADD COLUMN strangers bigint NOT NULL DEFAULT 0,
            ADD COLUMN stranger_peer text,
            ADD COLUMN stranger_at timestamptz;
    END IF;
END $$;

-- Frames in clear where encryption is due, from a public address: over the internet, whatever `allow_clear` says.
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM information_schema.columns
                   WHERE table_schema = 'intake' AND table_name = 'link' AND column_name = 'exposed') THEN
        ALTER TABLE intake.link
            ADD COLUMN exposed bigint NOT NULL DEFAULT 0,
            ADD COLUMN exposed_at timestamptz;
    END IF;
END $$;

-- Commands to devices. Anybody may insert a row and NOTIFY intake_desk; the gateway that holds the MN's connection
-- takes it, one at a time per MN, and writes down how it went. `params`: fields of CP by name; never a key.
CREATE TABLE IF NOT EXISTS intake.command (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    mn           text        NOT NULL,
    cn           text        NOT NULL,
    st           text,
    params       jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(params) = 'object'),
    requested_by text        NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL DEFAULT now() + interval '1 day',
    state        text        NOT NULL DEFAULT 'queued'
                 CHECK (state IN ('queued', 'sent', 'accepted', 'done', 'failed', 'expired')),
    shard        smallint,
    qn           text,
    sent_at      timestamptz,
    done_at      timestamptz,
    tries        int         NOT NULL DEFAULT 0,
    qn_rtn       int,
    exe_rtn      int,
    result       jsonb,
    error        text
);
CREATE INDEX IF NOT EXISTS command_open ON intake.command (mn, id) WHERE state IN ('queued', 'sent', 'accepted');
CREATE INDEX IF NOT EXISTS command_mn ON intake.command (mn, id DESC);

-- Loggers of 2025 that ask for an MN (CN 1001), by their hardware number. Who assigns `mn` makes the gateway send
-- it (1002) at their next request.
CREATE TABLE IF NOT EXISTS intake.activation (
    hardware   text PRIMARY KEY,
    infos      jsonb       NOT NULL,
    peer       text        NOT NULL,
    first_seen timestamptz NOT NULL DEFAULT now(),
    last_seen  timestamptz NOT NULL DEFAULT now(),
    mn         text
);

-- Why a person asked for a command that changes the device or its data.
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM information_schema.columns
                   WHERE table_schema = 'intake' AND table_name = 'command' AND column_name = 'reason') THEN
        ALTER TABLE intake.command ADD COLUMN reason text;
    END IF;
END $$;
