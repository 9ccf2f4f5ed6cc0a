-- +goose Up
-- What a next release might add.
ALTER TABLE tasks ADD COLUMN estimate INTEGER;
CREATE INDEX tasks_by_estimate ON tasks (user_id, estimate, task_id) WHERE estimate IS NOT NULL;

ALTER TABLE chat_messages ADD COLUMN language TEXT COLLATE "C" NOT NULL DEFAULT '';

CREATE TABLE task_notes (
    user_id TEXT COLLATE "C" NOT NULL,
    task_id TEXT COLLATE "C" NOT NULL,
    note    TEXT NOT NULL,
    PRIMARY KEY (user_id, task_id),
    FOREIGN KEY (user_id, task_id) REFERENCES tasks ON DELETE CASCADE
);

ALTER TABLE task_notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE task_notes FORCE ROW LEVEL SECURITY;
CREATE POLICY task_notes_of_user ON task_notes
    USING (user_id = current_setting('app.user_id', true))
    WITH CHECK (user_id = current_setting('app.user_id', true));

INSERT INTO taskwire_programs (schema_version, oldest_program) VALUES ({version}, {before});
