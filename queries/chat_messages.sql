-- Reading leaves content to the search and to people: the item has it all.

-- name: CreateMessage :exec
INSERT INTO chat_messages (
    user_id, session_id, message_id, sender_type, sender_name, "timestamp",
    hidden, metadata, item, content, content_fold
)
VALUES (
    @user_id, @session_id, @message_id, @sender_type, @sender_name, @timestamp,
    @hidden, @metadata, @item, @content, @content_fold
);

-- name: SaveMessage :exec
INSERT INTO chat_messages (
    user_id, session_id, message_id, sender_type, sender_name, "timestamp",
    hidden, metadata, item, content, content_fold
)
VALUES (
    @user_id, @session_id, @message_id, @sender_type, @sender_name, @timestamp,
    @hidden, @metadata, @item, @content, @content_fold
)
ON CONFLICT (user_id, session_id, message_id) DO UPDATE
SET sender_type = excluded.sender_type,
    sender_name = excluded.sender_name,
    "timestamp" = excluded."timestamp",
    hidden = excluded.hidden,
    metadata = excluded.metadata,
    item = excluded.item,
    content = excluded.content,
    content_fold = excluded.content_fold;

-- name: GetMessage :one
SELECT message_id, sender_type, sender_name, "timestamp", hidden, metadata, item
FROM chat_messages
WHERE user_id = @user_id
  AND session_id = @session_id
  AND message_id = @message_id;

-- name: FindMessage :one
SELECT message_id
FROM chat_messages
WHERE user_id = @user_id
  AND session_id = @session_id
  AND message_id = @message_id;

-- name: ListMessagesAsc :many
SELECT message_id, sender_type, sender_name, "timestamp", hidden, metadata, item
FROM chat_messages
WHERE user_id = @user_id
  AND session_id = @session_id
  AND message_id > @after_id
  AND (NOT hidden OR CAST(@with_hidden AS BOOLEAN))
ORDER BY message_id
LIMIT @max_rows;

-- name: ListMessagesDesc :many
SELECT message_id, sender_type, sender_name, "timestamp", hidden, metadata, item
FROM chat_messages
WHERE user_id = @user_id
  AND session_id = @session_id
  AND message_id < @after_id
  AND (NOT hidden OR CAST(@with_hidden AS BOOLEAN))
ORDER BY message_id DESC
LIMIT @max_rows;

-- name: ListMessagesBetween :many
SELECT message_id, sender_type, sender_name, "timestamp", hidden, metadata, item
FROM chat_messages
WHERE user_id = @user_id
  AND session_id = @session_id
  AND message_id >= @first_id
  AND message_id <= @last_id
ORDER BY message_id
LIMIT @max_rows;

-- name: GetLastMessageID :one
-- Empty for a session without messages.
SELECT CAST(COALESCE(MAX(message_id), '') AS TEXT) AS last_id
FROM chat_messages
WHERE user_id = @user_id
  AND session_id = @session_id;

-- name: DeleteMessage :exec
DELETE FROM chat_messages
WHERE user_id = @user_id
  AND session_id = @session_id
  AND message_id = @message_id;

-- name: DeleteMessagesAfter :exec
DELETE FROM chat_messages
WHERE user_id = @user_id
  AND session_id = @session_id
  AND message_id > @message_id;

-- name: DeleteMessagesFrom :exec
DELETE FROM chat_messages
WHERE user_id = @user_id
  AND session_id = @session_id
  AND message_id >= @message_id;

-- name: SaveFeedback :exec
INSERT INTO chat_feedback (user_id, session_id, message_id, kind, updated_at)
VALUES (@user_id, @session_id, @message_id, @kind, @updated_at)
ON CONFLICT (user_id, session_id, message_id) DO UPDATE
SET kind = excluded.kind,
    updated_at = excluded.updated_at;

-- name: ListFeedback :many
SELECT message_id, kind, updated_at
FROM chat_feedback
WHERE user_id = @user_id
  AND session_id = @session_id
ORDER BY message_id;
