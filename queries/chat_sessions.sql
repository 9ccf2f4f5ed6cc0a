-- name: CreateSession :exec
INSERT INTO chat_sessions (
    user_id, session_id, title, title_fold, titled_by, created_at, updated_at,
    status, allowed_image_domains, metadata
)
VALUES (
    @user_id, @session_id, @title, @title_fold, @titled_by, @created_at, @updated_at,
    @status, @allowed_image_domains, @metadata
);

-- name: SaveSession :exec
INSERT INTO chat_sessions (
    user_id, session_id, title, title_fold, titled_by, created_at, updated_at,
    status, allowed_image_domains, metadata
)
VALUES (
    @user_id, @session_id, @title, @title_fold, @titled_by, @created_at, @updated_at,
    @status, @allowed_image_domains, @metadata
)
ON CONFLICT (user_id, session_id) DO UPDATE
SET title = excluded.title,
    title_fold = excluded.title_fold,
    titled_by = excluded.titled_by,
    created_at = excluded.created_at,
    updated_at = excluded.updated_at,
    status = excluded.status,
    allowed_image_domains = excluded.allowed_image_domains,
    metadata = excluded.metadata;

-- name: PatchSession :one
-- A title of a turn's does not take the place of the user's.
UPDATE chat_sessions
SET title = CASE WHEN titled_by = 'user' AND CAST(@titled_by AS TEXT) <> 'user' THEN title ELSE COALESCE(sqlc.narg('title'), title) END,
    title_fold = CASE WHEN titled_by = 'user' AND CAST(@titled_by AS TEXT) <> 'user' THEN title_fold ELSE COALESCE(sqlc.narg('title_fold'), title_fold) END,
    titled_by = CASE WHEN titled_by = 'user' OR CAST(sqlc.narg('title') AS TEXT) IS NULL THEN titled_by ELSE CAST(@titled_by AS TEXT) END,
    status = COALESCE(CAST(sqlc.narg('status') AS JSON), status),
    allowed_image_domains = COALESCE(CAST(sqlc.narg('allowed_image_domains') AS JSON), allowed_image_domains),
    metadata = COALESCE(CAST(sqlc.narg('metadata') AS JSON), metadata),
    updated_at = @updated_at
WHERE user_id = @user_id
  AND session_id = @session_id
RETURNING *;

-- name: TouchSession :exec
UPDATE chat_sessions
SET updated_at = CASE WHEN updated_at < @now THEN @now ELSE updated_at END
WHERE user_id = @user_id
  AND session_id = @session_id;

-- name: GetSession :one
SELECT *
FROM chat_sessions
WHERE user_id = @user_id
  AND session_id = @session_id;

-- name: ListSessionsAsc :many
SELECT *
FROM chat_sessions
WHERE user_id = @user_id
  AND session_id > @after_id
ORDER BY session_id
LIMIT @max_rows;

-- name: ListSessionsDesc :many
SELECT *
FROM chat_sessions
WHERE user_id = @user_id
  AND session_id < @after_id
ORDER BY session_id DESC
LIMIT @max_rows;

-- name: SearchSessions :many
SELECT s.*
FROM chat_sessions AS s
WHERE s.user_id = @user_id
  AND s.session_id < @after_id
  AND (s.title_fold LIKE CAST(@pattern AS TEXT) ESCAPE '\'
    OR EXISTS (
        SELECT 1
        FROM chat_messages AS m
        WHERE m.user_id = @user_id
          AND m.session_id = s.session_id
          AND NOT m.hidden
          AND m.content_fold LIKE CAST(@pattern AS TEXT) ESCAPE '\'
    ))
ORDER BY s.session_id DESC
LIMIT @max_rows;

-- name: DeleteSession :exec
DELETE FROM chat_sessions
WHERE user_id = @user_id
  AND session_id = @session_id;
