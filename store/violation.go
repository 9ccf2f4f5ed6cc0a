package store

import (
	"errors"
	"regexp"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// violation is a constraint that a statement ran against. SQLite does not name
// the table of a foreign key.
type violation struct{ kind, table string }

const (
	uniqueKey  = "unique"
	foreignKey = "foreign key"
	notNull    = "not null"
)

func violated(err error) violation {
	var pgErr *pgconn.PgError
	var liteErr *sqlite.Error
	switch {
	case errors.As(err, &pgErr):
		kinds := map[string]string{"23505": uniqueKey, "23503": foreignKey, "23502": notNull}
		return violation{kinds[pgErr.Code], pgErr.TableName}
	case errors.As(err, &liteErr):
		return violation{liteKind(liteErr.Code()), liteTable(liteErr.Error())}
	}
	return violation{}
}

func liteKind(code int) string {
	switch code {
	case sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE:
		return uniqueKey
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return foreignKey
	case sqlite3.SQLITE_CONSTRAINT_NOTNULL:
		return notNull
	}
	return ""
}

var failedOn = regexp.MustCompile(`constraint failed: (\w+)\.`)

func liteTable(text string) string {
	if m := failedOn.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// meaning is what a violated constraint means for chats: constraints are
// how conditions are checked in the same round trip as the writes that hang on
// them. Any other error comes back as it is.
func meaning(err error) error {
	v := violated(err)
	switch {
	case v.kind == foreignKey:
		return ErrNotFound // the session, or the message, is gone
	case v == violation{notNull, "chat_turns"}:
		return ErrTurnOver
	case v == violation{notNull, "chat_keys"}:
		return ErrKeyTaken
	case v == violation{uniqueKey, "chat_turns"}:
		return ErrBusy
	case v.kind == uniqueKey:
		return ErrExists
	}
	return err
}
