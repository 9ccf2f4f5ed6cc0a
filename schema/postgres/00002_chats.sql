-- +goose Up
-- Chats. Ids are text that sorts as it was made, and every key starts with
-- user_id. Items are JSON and not JSONB, which refuses U+0000 and rewrites
-- numbers: what is read must be what was written.
CREATE TABLE chat_sessions (
    user_id               TEXT COLLATE "C" NOT NULL,
    session_id            TEXT COLLATE "C" NOT NULL,
    title                 TEXT NOT NULL DEFAULT 'New Chat',
    title_fold            TEXT COLLATE "C" NOT NULL DEFAULT '',
    titled_by             TEXT COLLATE "C" NOT NULL DEFAULT 'nobody' CHECK (titled_by IN ('nobody', 'turn', 'user')),
    created_at            TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at            TIMESTAMPTZ NOT NULL DEFAULT now(),
    status                JSON NOT NULL DEFAULT '{"type":"active"}',
    allowed_image_domains JSON NOT NULL DEFAULT 'null',
    metadata              JSON NOT NULL DEFAULT '{}',
    PRIMARY KEY (user_id, session_id)
);

CREATE INDEX chat_sessions_by_updated ON chat_sessions (user_id, updated_at, session_id);

-- The item is the whole; the columns beside it are for people who query the
-- table and for the search. A session's messages in order are a range of the key.
CREATE TABLE chat_messages (
    user_id      TEXT COLLATE "C" NOT NULL,
    session_id   TEXT COLLATE "C" NOT NULL,
    message_id   TEXT COLLATE "C" NOT NULL,
    sender_type  TEXT COLLATE "C" NOT NULL CHECK (sender_type IN ('user', 'assistant', 'tool')),
    sender_name  TEXT NOT NULL DEFAULT '',
    "timestamp"  TIMESTAMPTZ NOT NULL DEFAULT now(),
    hidden       BOOLEAN NOT NULL DEFAULT false,
    metadata     JSON NOT NULL DEFAULT '{}',
    item         JSON NOT NULL DEFAULT 'null',
    content      TEXT NOT NULL,
    content_fold TEXT COLLATE "C" NOT NULL DEFAULT '',
    PRIMARY KEY (user_id, session_id, message_id),
    FOREIGN KEY (user_id, session_id) REFERENCES chat_sessions ON DELETE CASCADE
);

-- No reference to the session: the bytes behind a row must go before the row.
-- expires_at is when the sweep may take both, the year 9999 for "never".
CREATE TABLE chat_attachments (
    user_id       TEXT COLLATE "C" NOT NULL,
    attachment_id TEXT COLLATE "C" NOT NULL,
    session_id    TEXT COLLATE "C" NOT NULL DEFAULT '',
    state         TEXT COLLATE "C" NOT NULL CHECK (state IN ('pending', 'uploading', 'uploaded', 'removed')),
    name          TEXT NOT NULL,
    mime_type     TEXT NOT NULL,
    size          BIGINT NOT NULL DEFAULT 0,
    blob_key      TEXT NOT NULL DEFAULT '',
    created_at    TIMESTAMPTZ NOT NULL DEFAULT now(),
    expires_at    TIMESTAMPTZ NOT NULL,
    item          JSON NOT NULL DEFAULT 'null',
    PRIMARY KEY (user_id, attachment_id)
);

CREATE INDEX chat_attachments_by_session ON chat_attachments (user_id, session_id);
CREATE INDEX chat_attachments_by_expiry ON chat_attachments (expires_at);

-- first_id and last_id bound what the turn added. written_at is NOT NULL for a
-- reason: whoever writes for a turn sets it to NULL when the turn is over.
CREATE TABLE chat_turns (
    user_id     TEXT COLLATE "C" NOT NULL,
    session_id  TEXT COLLATE "C" NOT NULL,
    turn_id     TEXT COLLATE "C" NOT NULL,
    state       TEXT COLLATE "C" NOT NULL CHECK (state IN ('running', 'done', 'failed', 'cancelled')),
    owner       TEXT COLLATE "C" NOT NULL,
    new_session BOOLEAN NOT NULL,
    first_id    TEXT COLLATE "C" NOT NULL,
    last_id     TEXT COLLATE "C" NOT NULL,
    started_at  TIMESTAMPTZ NOT NULL,
    written_at  TIMESTAMPTZ NOT NULL,
    checkpoint  TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (user_id, session_id, turn_id),
    FOREIGN KEY (user_id, session_id) REFERENCES chat_sessions ON DELETE CASCADE
) WITH (fillfactor = 70);

CREATE UNIQUE INDEX chat_turns_one_runs ON chat_turns (user_id, session_id) WHERE state = 'running';
CREATE INDEX chat_turns_by_age ON chat_turns (started_at);

-- Processes that run turns, and when each was last heard of. Nobody's data.
CREATE TABLE chat_replicas (
    owner   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    beat_at TIMESTAMPTZ NOT NULL
);

-- Turns that their owners are to stop, until they have heard of it. Without a
-- reference, because a deleted session's turn is to be stopped as well.
CREATE TABLE chat_stops (
    user_id    TEXT COLLATE "C" NOT NULL,
    session_id TEXT COLLATE "C" NOT NULL,
    turn_id    TEXT COLLATE "C" NOT NULL,
    owner      TEXT COLLATE "C" NOT NULL,
    asked_at   TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (user_id, session_id, turn_id)
);

CREATE INDEX chat_stops_by_owner ON chat_stops (owner);

-- Idempotency keys: of a turn, or with the answer itself. body_hash is NOT NULL
-- for the same reason as written_at.
CREATE TABLE chat_keys (
    user_id    TEXT COLLATE "C" NOT NULL,
    endpoint   TEXT COLLATE "C" NOT NULL,
    key        TEXT COLLATE "C" NOT NULL,
    body_hash  TEXT COLLATE "C" NOT NULL,
    session_id TEXT COLLATE "C" NOT NULL,
    turn_id    TEXT COLLATE "C" NOT NULL,
    owner      TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    status     INTEGER NOT NULL,
    header     TEXT NOT NULL,
    body       TEXT NOT NULL,
    PRIMARY KEY (user_id, endpoint, key)
);

CREATE INDEX chat_keys_by_age ON chat_keys (created_at);

CREATE TABLE chat_client_sessions (
    user_id           TEXT COLLATE "C" NOT NULL,
    client_session_id TEXT COLLATE "C" NOT NULL,
    created_at        TIMESTAMPTZ NOT NULL,
    expires_at        TIMESTAMPTZ NOT NULL,
    ends_at           TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (user_id, client_session_id)
);

CREATE INDEX chat_client_sessions_by_end ON chat_client_sessions (ends_at);

CREATE TABLE chat_feedback (
    user_id    TEXT COLLATE "C" NOT NULL,
    session_id TEXT COLLATE "C" NOT NULL,
    message_id TEXT COLLATE "C" NOT NULL,
    kind       TEXT COLLATE "C" NOT NULL CHECK (kind IN ('positive', 'negative')),
    updated_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (user_id, session_id, message_id),
    FOREIGN KEY (user_id, session_id, message_id) REFERENCES chat_messages ON DELETE CASCADE
);

-- Model tokens of one user on one day of UTC, written 2026-12-01.
CREATE TABLE chat_usage (
    user_id       TEXT COLLATE "C" NOT NULL,
    day           TEXT COLLATE "C" NOT NULL,
    input_tokens  BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL,
    PRIMARY KEY (user_id, day)
);

CREATE INDEX chat_usage_by_day ON chat_usage (day);

-- The second wall, as for tasks; where clean-up has to look, a policy that
-- shows it what is over and no more.
ALTER TABLE chat_sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE chat_sessions FORCE ROW LEVEL SECURITY;
CREATE POLICY chat_sessions_of_user ON chat_sessions
    USING (user_id = current_setting('app.user_id', true))
    WITH CHECK (user_id = current_setting('app.user_id', true));

ALTER TABLE chat_messages ENABLE ROW LEVEL SECURITY;
ALTER TABLE chat_messages FORCE ROW LEVEL SECURITY;
CREATE POLICY chat_messages_of_user ON chat_messages
    USING (user_id = current_setting('app.user_id', true))
    WITH CHECK (user_id = current_setting('app.user_id', true));

ALTER TABLE chat_attachments ENABLE ROW LEVEL SECURITY;
ALTER TABLE chat_attachments FORCE ROW LEVEL SECURITY;
CREATE POLICY chat_attachments_of_user ON chat_attachments
    USING (user_id = current_setting('app.user_id', true))
    WITH CHECK (user_id = current_setting('app.user_id', true));
CREATE POLICY chat_attachments_stale ON chat_attachments
    FOR SELECT
    USING (current_setting('app.maintenance', true) = 'on' AND expires_at < now());

ALTER TABLE chat_replicas ENABLE ROW LEVEL SECURITY;
ALTER TABLE chat_replicas FORCE ROW LEVEL SECURITY;
CREATE POLICY chat_replicas_of_nobody ON chat_replicas
    USING (current_setting('app.maintenance', true) = 'on')
    WITH CHECK (current_setting('app.maintenance', true) = 'on');

ALTER TABLE chat_turns ENABLE ROW LEVEL SECURITY;
ALTER TABLE chat_turns FORCE ROW LEVEL SECURITY;
CREATE POLICY chat_turns_of_user ON chat_turns
    USING (user_id = current_setting('app.user_id', true))
    WITH CHECK (user_id = current_setting('app.user_id', true));
CREATE POLICY chat_turns_stale ON chat_turns
    FOR SELECT
    USING (current_setting('app.maintenance', true) = 'on'
        AND started_at < now() - CASE WHEN state = 'running' THEN INTERVAL '10 seconds' ELSE INTERVAL '24 hours' END);

ALTER TABLE chat_stops ENABLE ROW LEVEL SECURITY;
ALTER TABLE chat_stops FORCE ROW LEVEL SECURITY;
CREATE POLICY chat_stops_of_user ON chat_stops
    USING (user_id = current_setting('app.user_id', true))
    WITH CHECK (user_id = current_setting('app.user_id', true));
CREATE POLICY chat_stops_of_all ON chat_stops
    FOR SELECT
    USING (current_setting('app.maintenance', true) = 'on');

ALTER TABLE chat_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE chat_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY chat_keys_of_user ON chat_keys
    USING (user_id = current_setting('app.user_id', true))
    WITH CHECK (user_id = current_setting('app.user_id', true));
CREATE POLICY chat_keys_stale ON chat_keys
    FOR SELECT
    USING (current_setting('app.maintenance', true) = 'on' AND created_at < now() - INTERVAL '24 hours');

ALTER TABLE chat_client_sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE chat_client_sessions FORCE ROW LEVEL SECURITY;
CREATE POLICY chat_client_sessions_of_user ON chat_client_sessions
    USING (user_id = current_setting('app.user_id', true))
    WITH CHECK (user_id = current_setting('app.user_id', true));
CREATE POLICY chat_client_sessions_stale ON chat_client_sessions
    FOR SELECT
    USING (current_setting('app.maintenance', true) = 'on' AND ends_at < now());

ALTER TABLE chat_feedback ENABLE ROW LEVEL SECURITY;
ALTER TABLE chat_feedback FORCE ROW LEVEL SECURITY;
CREATE POLICY chat_feedback_of_user ON chat_feedback
    USING (user_id = current_setting('app.user_id', true))
    WITH CHECK (user_id = current_setting('app.user_id', true));

ALTER TABLE chat_usage ENABLE ROW LEVEL SECURITY;
ALTER TABLE chat_usage FORCE ROW LEVEL SECURITY;
CREATE POLICY chat_usage_of_user ON chat_usage
    USING (user_id = current_setting('app.user_id', true))
    WITH CHECK (user_id = current_setting('app.user_id', true));
CREATE POLICY chat_usage_stale ON chat_usage
    FOR SELECT
    USING (current_setting('app.maintenance', true) = 'on'
        AND day < to_char((now() AT TIME ZONE 'UTC') - INTERVAL '30 days', 'YYYY-MM-DD'));
