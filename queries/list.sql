-- One query for each order of list_tasks. The position is a plain row value
-- beside its index, never optional: the first page starts at a sentinel, so
-- that a generic plan reads the same range of the index on any page.

-- name: ListByCreatedAsc :many
SELECT *
FROM tasks
WHERE user_id = @user_id
  AND task_id > CAST(@after_id AS TEXT)
  AND (CAST(sqlc.narg('completed') AS BOOLEAN) IS NULL OR completed = sqlc.narg('completed'))
  AND (CAST(sqlc.narg('priority') AS SMALLINT) IS NULL OR priority = sqlc.narg('priority'))
  AND (CAST(sqlc.narg('category') AS TEXT) IS NULL OR category = sqlc.narg('category'))
  AND (CAST(sqlc.narg('pattern') AS TEXT) IS NULL
    OR title_fold LIKE sqlc.narg('pattern') ESCAPE '\'
    OR description_fold LIKE sqlc.narg('pattern') ESCAPE '\')
  AND (CAST(@any_due AS BOOLEAN)
    OR (due_is_day AND due_key BETWEEN CAST(@day_from AS TEXT) AND CAST(@day_until AS TEXT))
    OR (NOT due_is_day AND due_key BETWEEN CAST(@at_from AS TEXT) AND CAST(@at_until AS TEXT)))
ORDER BY task_id
LIMIT @max_rows;

-- name: ListByCreatedDesc :many
SELECT *
FROM tasks
WHERE user_id = @user_id
  AND task_id < CAST(@after_id AS TEXT)
  AND (CAST(sqlc.narg('completed') AS BOOLEAN) IS NULL OR completed = sqlc.narg('completed'))
  AND (CAST(sqlc.narg('priority') AS SMALLINT) IS NULL OR priority = sqlc.narg('priority'))
  AND (CAST(sqlc.narg('category') AS TEXT) IS NULL OR category = sqlc.narg('category'))
  AND (CAST(sqlc.narg('pattern') AS TEXT) IS NULL
    OR title_fold LIKE sqlc.narg('pattern') ESCAPE '\'
    OR description_fold LIKE sqlc.narg('pattern') ESCAPE '\')
  AND (CAST(@any_due AS BOOLEAN)
    OR (due_is_day AND due_key BETWEEN CAST(@day_from AS TEXT) AND CAST(@day_until AS TEXT))
    OR (NOT due_is_day AND due_key BETWEEN CAST(@at_from AS TEXT) AND CAST(@at_until AS TEXT)))
ORDER BY task_id DESC
LIMIT @max_rows;

-- name: ListByUpdatedAsc :many
SELECT *
FROM tasks
WHERE user_id = @user_id
  AND (updated_at, task_id) > (@after_updated, CAST(@after_id AS TEXT))
  AND (CAST(sqlc.narg('completed') AS BOOLEAN) IS NULL OR completed = sqlc.narg('completed'))
  AND (CAST(sqlc.narg('priority') AS SMALLINT) IS NULL OR priority = sqlc.narg('priority'))
  AND (CAST(sqlc.narg('category') AS TEXT) IS NULL OR category = sqlc.narg('category'))
  AND (CAST(sqlc.narg('pattern') AS TEXT) IS NULL
    OR title_fold LIKE sqlc.narg('pattern') ESCAPE '\'
    OR description_fold LIKE sqlc.narg('pattern') ESCAPE '\')
  AND (CAST(@any_due AS BOOLEAN)
    OR (due_is_day AND due_key BETWEEN CAST(@day_from AS TEXT) AND CAST(@day_until AS TEXT))
    OR (NOT due_is_day AND due_key BETWEEN CAST(@at_from AS TEXT) AND CAST(@at_until AS TEXT)))
ORDER BY updated_at, task_id
LIMIT @max_rows;

-- name: ListByUpdatedDesc :many
SELECT *
FROM tasks
WHERE user_id = @user_id
  AND (updated_at, task_id) < (@after_updated, CAST(@after_id AS TEXT))
  AND (CAST(sqlc.narg('completed') AS BOOLEAN) IS NULL OR completed = sqlc.narg('completed'))
  AND (CAST(sqlc.narg('priority') AS SMALLINT) IS NULL OR priority = sqlc.narg('priority'))
  AND (CAST(sqlc.narg('category') AS TEXT) IS NULL OR category = sqlc.narg('category'))
  AND (CAST(sqlc.narg('pattern') AS TEXT) IS NULL
    OR title_fold LIKE sqlc.narg('pattern') ESCAPE '\'
    OR description_fold LIKE sqlc.narg('pattern') ESCAPE '\')
  AND (CAST(@any_due AS BOOLEAN)
    OR (due_is_day AND due_key BETWEEN CAST(@day_from AS TEXT) AND CAST(@day_until AS TEXT))
    OR (NOT due_is_day AND due_key BETWEEN CAST(@at_from AS TEXT) AND CAST(@at_until AS TEXT)))
ORDER BY updated_at DESC, task_id DESC
LIMIT @max_rows;

-- Undated tasks have the empty key and come last: the dated ones are one range,
-- the undated ones the next, which due_until tells apart.
-- name: ListByDueAsc :many
SELECT *
FROM tasks
WHERE user_id = @user_id
  AND (due_key, task_id) > (CAST(@after_key AS TEXT), CAST(@after_id AS TEXT))
  AND due_key <= CAST(@due_until AS TEXT)
  AND (CAST(sqlc.narg('completed') AS BOOLEAN) IS NULL OR completed = sqlc.narg('completed'))
  AND (CAST(sqlc.narg('priority') AS SMALLINT) IS NULL OR priority = sqlc.narg('priority'))
  AND (CAST(sqlc.narg('category') AS TEXT) IS NULL OR category = sqlc.narg('category'))
  AND (CAST(sqlc.narg('pattern') AS TEXT) IS NULL
    OR title_fold LIKE sqlc.narg('pattern') ESCAPE '\'
    OR description_fold LIKE sqlc.narg('pattern') ESCAPE '\')
  AND (CAST(@any_due AS BOOLEAN)
    OR (due_is_day AND due_key BETWEEN CAST(@day_from AS TEXT) AND CAST(@day_until AS TEXT))
    OR (NOT due_is_day AND due_key BETWEEN CAST(@at_from AS TEXT) AND CAST(@at_until AS TEXT)))
ORDER BY due_key, task_id
LIMIT @max_rows;

-- name: ListByDueDesc :many
SELECT *
FROM tasks
WHERE user_id = @user_id
  AND (due_key, task_id) < (CAST(@after_key AS TEXT), CAST(@after_id AS TEXT))
  AND (CAST(sqlc.narg('completed') AS BOOLEAN) IS NULL OR completed = sqlc.narg('completed'))
  AND (CAST(sqlc.narg('priority') AS SMALLINT) IS NULL OR priority = sqlc.narg('priority'))
  AND (CAST(sqlc.narg('category') AS TEXT) IS NULL OR category = sqlc.narg('category'))
  AND (CAST(sqlc.narg('pattern') AS TEXT) IS NULL
    OR title_fold LIKE sqlc.narg('pattern') ESCAPE '\'
    OR description_fold LIKE sqlc.narg('pattern') ESCAPE '\')
  AND (CAST(@any_due AS BOOLEAN)
    OR (due_is_day AND due_key BETWEEN CAST(@day_from AS TEXT) AND CAST(@day_until AS TEXT))
    OR (NOT due_is_day AND due_key BETWEEN CAST(@at_from AS TEXT) AND CAST(@at_until AS TEXT)))
ORDER BY due_key DESC, task_id DESC
LIMIT @max_rows;

-- name: ListByPriorityAsc :many
SELECT *
FROM tasks
WHERE user_id = @user_id
  AND (priority, task_id) > (CAST(@after_rank AS SMALLINT), CAST(@after_id AS TEXT))
  AND (CAST(sqlc.narg('completed') AS BOOLEAN) IS NULL OR completed = sqlc.narg('completed'))
  AND (CAST(sqlc.narg('priority') AS SMALLINT) IS NULL OR priority = sqlc.narg('priority'))
  AND (CAST(sqlc.narg('category') AS TEXT) IS NULL OR category = sqlc.narg('category'))
  AND (CAST(sqlc.narg('pattern') AS TEXT) IS NULL
    OR title_fold LIKE sqlc.narg('pattern') ESCAPE '\'
    OR description_fold LIKE sqlc.narg('pattern') ESCAPE '\')
  AND (CAST(@any_due AS BOOLEAN)
    OR (due_is_day AND due_key BETWEEN CAST(@day_from AS TEXT) AND CAST(@day_until AS TEXT))
    OR (NOT due_is_day AND due_key BETWEEN CAST(@at_from AS TEXT) AND CAST(@at_until AS TEXT)))
ORDER BY priority, task_id
LIMIT @max_rows;

-- name: ListByPriorityDesc :many
SELECT *
FROM tasks
WHERE user_id = @user_id
  AND (priority, task_id) < (CAST(@after_rank AS SMALLINT), CAST(@after_id AS TEXT))
  AND (CAST(sqlc.narg('completed') AS BOOLEAN) IS NULL OR completed = sqlc.narg('completed'))
  AND (CAST(sqlc.narg('priority') AS SMALLINT) IS NULL OR priority = sqlc.narg('priority'))
  AND (CAST(sqlc.narg('category') AS TEXT) IS NULL OR category = sqlc.narg('category'))
  AND (CAST(sqlc.narg('pattern') AS TEXT) IS NULL
    OR title_fold LIKE sqlc.narg('pattern') ESCAPE '\'
    OR description_fold LIKE sqlc.narg('pattern') ESCAPE '\')
  AND (CAST(@any_due AS BOOLEAN)
    OR (due_is_day AND due_key BETWEEN CAST(@day_from AS TEXT) AND CAST(@day_until AS TEXT))
    OR (NOT due_is_day AND due_key BETWEEN CAST(@at_from AS TEXT) AND CAST(@at_until AS TEXT)))
ORDER BY priority DESC, task_id DESC
LIMIT @max_rows;

-- name: ListByTitleAsc :many
SELECT *
FROM tasks
WHERE user_id = @user_id
  AND (title_fold, task_id) > (CAST(@after_key AS TEXT), CAST(@after_id AS TEXT))
  AND (CAST(sqlc.narg('completed') AS BOOLEAN) IS NULL OR completed = sqlc.narg('completed'))
  AND (CAST(sqlc.narg('priority') AS SMALLINT) IS NULL OR priority = sqlc.narg('priority'))
  AND (CAST(sqlc.narg('category') AS TEXT) IS NULL OR category = sqlc.narg('category'))
  AND (CAST(sqlc.narg('pattern') AS TEXT) IS NULL
    OR title_fold LIKE sqlc.narg('pattern') ESCAPE '\'
    OR description_fold LIKE sqlc.narg('pattern') ESCAPE '\')
  AND (CAST(@any_due AS BOOLEAN)
    OR (due_is_day AND due_key BETWEEN CAST(@day_from AS TEXT) AND CAST(@day_until AS TEXT))
    OR (NOT due_is_day AND due_key BETWEEN CAST(@at_from AS TEXT) AND CAST(@at_until AS TEXT)))
ORDER BY title_fold, task_id
LIMIT @max_rows;

-- name: ListByTitleDesc :many
SELECT *
FROM tasks
WHERE user_id = @user_id
  AND (title_fold, task_id) < (CAST(@after_key AS TEXT), CAST(@after_id AS TEXT))
  AND (CAST(sqlc.narg('completed') AS BOOLEAN) IS NULL OR completed = sqlc.narg('completed'))
  AND (CAST(sqlc.narg('priority') AS SMALLINT) IS NULL OR priority = sqlc.narg('priority'))
  AND (CAST(sqlc.narg('category') AS TEXT) IS NULL OR category = sqlc.narg('category'))
  AND (CAST(sqlc.narg('pattern') AS TEXT) IS NULL
    OR title_fold LIKE sqlc.narg('pattern') ESCAPE '\'
    OR description_fold LIKE sqlc.narg('pattern') ESCAPE '\')
  AND (CAST(@any_due AS BOOLEAN)
    OR (due_is_day AND due_key BETWEEN CAST(@day_from AS TEXT) AND CAST(@day_until AS TEXT))
    OR (NOT due_is_day AND due_key BETWEEN CAST(@at_from AS TEXT) AND CAST(@at_until AS TEXT)))
ORDER BY title_fold DESC, task_id DESC
LIMIT @max_rows;
