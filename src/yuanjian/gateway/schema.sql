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
