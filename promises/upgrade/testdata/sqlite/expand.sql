-- +goose Up
-- What a next release might add.
ALTER TABLE tasks ADD COLUMN estimate INTEGER;
CREATE INDEX tasks_by_estimate ON tasks (user_id, estimate, task_id) WHERE estimate IS NOT NULL;

ALTER TABLE chat_messages ADD COLUMN language TEXT NOT NULL DEFAULT '';

CREATE TABLE task_notes (
    user_id TEXT NOT NULL,
    task_id TEXT NOT NULL,
    note    TEXT NOT NULL,
    PRIMARY KEY (user_id, task_id),
    FOREIGN KEY (user_id, task_id) REFERENCES tasks ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

INSERT INTO taskwire_programs (schema_version, oldest_program) VALUES ({version}, {before});
