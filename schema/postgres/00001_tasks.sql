-- +goose Up
-- Every key starts with user_id, so an id can never reach another user's row.
-- COLLATE "C" makes text sort by code point, as SQLite does.
CREATE TABLE tasks (
    user_id          TEXT COLLATE "C" NOT NULL,
    task_id          TEXT COLLATE "C" NOT NULL,
    title            TEXT NOT NULL,
    title_fold       TEXT COLLATE "C" NOT NULL,
    description      TEXT NOT NULL,
    description_fold TEXT COLLATE "C" NOT NULL,
    priority         SMALLINT NOT NULL CHECK (priority BETWEEN 1 AND 3),
    category         TEXT COLLATE "C" NOT NULL CHECK (category IN ('work', 'personal', 'home', 'other')),
    completed        BOOLEAN NOT NULL,
    due_date         TEXT NOT NULL,
    due_key          TEXT COLLATE "C" NOT NULL,
    due_is_day       BOOLEAN NOT NULL,
    created_at       TIMESTAMPTZ NOT NULL,
    updated_at       TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (user_id, task_id)
);

-- One index behind each order of list_tasks; created_at is the key's own order.
CREATE INDEX tasks_by_updated ON tasks (user_id, updated_at, task_id);
CREATE INDEX tasks_by_due ON tasks (user_id, due_key, task_id);
CREATE INDEX tasks_by_priority ON tasks (user_id, priority, task_id);
CREATE INDEX tasks_by_title ON tasks (user_id, title_fold, task_id);

-- The journal of tool calls: a claim, then the result, in the transaction of
-- the effect itself.
CREATE TABLE tool_calls (
    user_id    TEXT COLLATE "C" NOT NULL,
    tool       TEXT COLLATE "C" NOT NULL,
    call_key   TEXT COLLATE "C" NOT NULL,
    args_hash  TEXT COLLATE "C" NOT NULL,
    result     TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (user_id, tool, call_key)
);

CREATE INDEX tool_calls_by_age ON tool_calls (created_at);

-- The second wall: a query that forgets its user sees that user's rows only.
-- FORCE because the owner would otherwise walk round it.
ALTER TABLE tasks ENABLE ROW LEVEL SECURITY;
ALTER TABLE tasks FORCE ROW LEVEL SECURITY;
CREATE POLICY tasks_of_user ON tasks
    USING (user_id = current_setting('app.user_id', true))
    WITH CHECK (user_id = current_setting('app.user_id', true));

ALTER TABLE tool_calls ENABLE ROW LEVEL SECURITY;
ALTER TABLE tool_calls FORCE ROW LEVEL SECURITY;
CREATE POLICY tool_calls_of_user ON tool_calls
    USING (user_id = current_setting('app.user_id', true))
    WITH CHECK (user_id = current_setting('app.user_id', true));
-- Clean-up looks for what is over, of everybody, and may do no more than look.
CREATE POLICY tool_calls_stale ON tool_calls
    FOR SELECT
    USING (current_setting('app.maintenance', true) = 'on'
        AND created_at < now() - INTERVAL '24 hours');
