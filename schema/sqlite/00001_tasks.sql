-- +goose Up
-- The tables of schema/postgres, with times as whole microseconds in UTC.
-- WITHOUT ROWID keeps the rows in the order of their key.
CREATE TABLE tasks (
    user_id          TEXT NOT NULL,
    task_id          TEXT NOT NULL,
    title            TEXT NOT NULL,
    title_fold       TEXT NOT NULL,
    description      TEXT NOT NULL,
    description_fold TEXT NOT NULL,
    priority         INTEGER NOT NULL CHECK (priority BETWEEN 1 AND 3),
    category         TEXT NOT NULL CHECK (category IN ('work', 'personal', 'home', 'other')),
    completed        INTEGER NOT NULL CHECK (completed IN (0, 1)),
    due_date         TEXT NOT NULL,
    due_key          TEXT NOT NULL,
    due_is_day       INTEGER NOT NULL CHECK (due_is_day IN (0, 1)),
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    PRIMARY KEY (user_id, task_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX tasks_by_updated ON tasks (user_id, updated_at, task_id);
CREATE INDEX tasks_by_due ON tasks (user_id, due_key, task_id);
CREATE INDEX tasks_by_priority ON tasks (user_id, priority, task_id);
CREATE INDEX tasks_by_title ON tasks (user_id, title_fold, task_id);

CREATE TABLE tool_calls (
    user_id    TEXT NOT NULL,
    tool       TEXT NOT NULL,
    call_key   TEXT NOT NULL,
    args_hash  TEXT NOT NULL,
    result     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, tool, call_key)
) STRICT, WITHOUT ROWID;

CREATE INDEX tool_calls_by_age ON tool_calls (created_at);
