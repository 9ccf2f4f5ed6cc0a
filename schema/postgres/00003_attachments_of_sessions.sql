-- +goose Up
-- Only what a session has: most attachments of a user may have none.
DROP INDEX chat_attachments_by_session;
CREATE INDEX chat_attachments_by_session ON chat_attachments (user_id, session_id) WHERE session_id <> '';
