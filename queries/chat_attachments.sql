-- name: SaveAttachment :execrows
-- What the upload brought (state, size, blob, expiry) is not overwritten.
INSERT INTO chat_attachments (
    user_id, attachment_id, session_id, state, name, mime_type, size, blob_key,
    created_at, expires_at, item
)
VALUES (
    @user_id, @attachment_id, @session_id, @state, @name, @mime_type, @size, @blob_key,
    @created_at, @expires_at, @item
)
ON CONFLICT (user_id, attachment_id) DO UPDATE
SET session_id = excluded.session_id,
    name = excluded.name,
    mime_type = excluded.mime_type,
    item = excluded.item
WHERE chat_attachments.state <> 'removed';

-- name: GetAttachment :one
SELECT *
FROM chat_attachments
WHERE user_id = @user_id
  AND attachment_id = @attachment_id
  AND state <> 'removed';

-- name: ClaimUpload :one
UPDATE chat_attachments
SET state = 'uploading'
WHERE user_id = @user_id
  AND attachment_id = @attachment_id
  AND state = 'pending'
  AND expires_at > @now
RETURNING *;

-- name: ReleaseUpload :exec
UPDATE chat_attachments
SET state = 'pending'
WHERE user_id = @user_id
  AND attachment_id = @attachment_id
  AND state = 'uploading';

-- name: FinishUpload :one
UPDATE chat_attachments
SET state = 'uploaded',
    size = @size,
    mime_type = @mime_type,
    item = @item,
    expires_at = @expires_at
WHERE user_id = @user_id
  AND attachment_id = @attachment_id
  AND state = 'uploading'
RETURNING *;

-- name: LinkAttachment :one
UPDATE chat_attachments
SET session_id = @session_id,
    expires_at = @expires_at
WHERE user_id = @user_id
  AND attachment_id = @attachment_id
  AND state = 'uploaded'
RETURNING attachment_id;

-- name: RemoveAttachment :exec
UPDATE chat_attachments
SET state = 'removed',
    expires_at = @now
WHERE user_id = @user_id
  AND attachment_id = @attachment_id
  AND state <> 'removed';

-- name: ExpireAttachmentsOf :exec
-- Without the inner query, which the index answers alone, SQLite goes through
-- all that the user has; with nothing else PostgreSQL may.
UPDATE chat_attachments
SET expires_at = @expires_at
WHERE chat_attachments.user_id = @user_id
  AND chat_attachments.session_id = @session_id
  AND chat_attachments.session_id <> ''
  AND chat_attachments.state <> 'removed'
  AND chat_attachments.attachment_id IN (
      SELECT a.attachment_id
      FROM chat_attachments AS a
      WHERE a.user_id = @user_id
        AND a.session_id = @session_id
        AND a.session_id <> ''
  );

-- name: TakeStaleAttachment :one
UPDATE chat_attachments
SET state = 'removed'
WHERE user_id = @user_id
  AND attachment_id = @attachment_id
  AND expires_at < @now
RETURNING blob_key;

-- name: DeleteAttachment :exec
DELETE FROM chat_attachments
WHERE user_id = @user_id
  AND attachment_id = @attachment_id
  AND state = 'removed';
