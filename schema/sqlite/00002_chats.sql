-- +goose Up
-- The tables of schema/postgres, with times as whole microseconds in UTC.
CREATE TABLE chat_sessions (
    user_id               TEXT NOT NULL,
    session_id            TEXT NOT NULL,
    title                 TEXT NOT NULL DEFAULT 'New Chat',
    title_fold            TEXT NOT NULL DEFAULT '',
    titled_by             TEXT NOT NULL DEFAULT 'nobody' CHECK (titled_by IN ('nobody', 'turn', 'user')),
    created_at            INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000000 AS INTEGER)),
    updated_at            INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000000 AS INTEGER)),
    status                TEXT NOT NULL DEFAULT '{"type":"active"}',
    allowed_image_domains TEXT NOT NULL DEFAULT 'null',
    metadata              TEXT NOT NULL DEFAULT '{}',
    PRIMARY KEY (user_id, session_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX chat_sessions_by_updated ON chat_sessions (user_id, updated_at, session_id);

CREATE TABLE chat_messages (
    user_id      TEXT NOT NULL,
    session_id   TEXT NOT NULL,
    message_id   TEXT NOT NULL,
    sender_type  TEXT NOT NULL CHECK (sender_type IN ('user', 'assistant', 'tool')),
    sender_name  TEXT NOT NULL DEFAULT '',
    "timestamp"  INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000000 AS INTEGER)),
    hidden       INTEGER NOT NULL DEFAULT 0 CHECK (hidden IN (0, 1)),
    metadata     TEXT NOT NULL DEFAULT '{}',
    item         TEXT NOT NULL DEFAULT 'null',
    content      TEXT NOT NULL,
    content_fold TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (user_id, session_id, message_id),
    FOREIGN KEY (user_id, session_id) REFERENCES chat_sessions ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE chat_attachments (
    user_id       TEXT NOT NULL,
    attachment_id TEXT NOT NULL,
    session_id    TEXT NOT NULL DEFAULT '',
    state         TEXT NOT NULL CHECK (state IN ('pending', 'uploading', 'uploaded', 'removed')),
    name          TEXT NOT NULL,
    mime_type     TEXT NOT NULL,
    size          INTEGER NOT NULL DEFAULT 0,
    blob_key      TEXT NOT NULL DEFAULT '',
    created_at    INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000000 AS INTEGER)),
    expires_at    INTEGER NOT NULL,
    item          TEXT NOT NULL DEFAULT 'null',
    PRIMARY KEY (user_id, attachment_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX chat_attachments_by_session ON chat_attachments (user_id, session_id);
CREATE INDEX chat_attachments_by_expiry ON chat_attachments (expires_at);

CREATE TABLE chat_turns (
    user_id     TEXT NOT NULL,
    session_id  TEXT NOT NULL,
    turn_id     TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed', 'cancelled')),
    owner       TEXT NOT NULL,
    new_session INTEGER NOT NULL CHECK (new_session IN (0, 1)),
    first_id    TEXT NOT NULL,
    last_id     TEXT NOT NULL,
    started_at  INTEGER NOT NULL,
    written_at  INTEGER NOT NULL,
    checkpoint  TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (user_id, session_id, turn_id),
    FOREIGN KEY (user_id, session_id) REFERENCES chat_sessions ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX chat_turns_one_runs ON chat_turns (user_id, session_id) WHERE state = 'running';
CREATE INDEX chat_turns_by_age ON chat_turns (started_at);

CREATE TABLE chat_replicas (
    owner   TEXT NOT NULL PRIMARY KEY,
    beat_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE chat_stops (
    user_id    TEXT NOT NULL,
    session_id TEXT NOT NULL,
    turn_id    TEXT NOT NULL,
    owner      TEXT NOT NULL,
    asked_at   INTEGER NOT NULL,
    PRIMARY KEY (user_id, session_id, turn_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX chat_stops_by_owner ON chat_stops (owner);

CREATE TABLE chat_keys (
    user_id    TEXT NOT NULL,
    endpoint   TEXT NOT NULL,
    key        TEXT NOT NULL,
    body_hash  TEXT NOT NULL,
    session_id TEXT NOT NULL,
    turn_id    TEXT NOT NULL,
    owner      TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    status     INTEGER NOT NULL,
    header     TEXT NOT NULL,
    body       TEXT NOT NULL,
    PRIMARY KEY (user_id, endpoint, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX chat_keys_by_age ON chat_keys (created_at);

CREATE TABLE chat_client_sessions (
    user_id           TEXT NOT NULL,
    client_session_id TEXT NOT NULL,
    created_at        INTEGER NOT NULL,
    expires_at        INTEGER NOT NULL,
    ends_at           INTEGER NOT NULL,
    PRIMARY KEY (user_id, client_session_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX chat_client_sessions_by_end ON chat_client_sessions (ends_at);

CREATE TABLE chat_feedback (
    user_id    TEXT NOT NULL,
    session_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('positive', 'negative')),
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, session_id, message_id),
    FOREIGN KEY (user_id, session_id, message_id) REFERENCES chat_messages ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE chat_usage (
    user_id       TEXT NOT NULL,
    day           TEXT NOT NULL,
    input_tokens  INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    PRIMARY KEY (user_id, day)
) STRICT, WITHOUT ROWID;

CREATE INDEX chat_usage_by_day ON chat_usage (day);
