package store

import (
	"time"

	"taskwire/store/internal/db"
)

// What the tests of package store_test reach inside for.

type DBTX = db.DBTX

// Wrap puts a layer between the queries and the database.
func (st *Store) Wrap(wrap func(DBTX) DBTX) { st.wrap = wrap }

// AheadBy lets the store's clock run ahead, as another replica's may.
func (st *Store) AheadBy(d time.Duration) {
	st.clock.last.Store(time.Now().Add(d).UnixMicro())
}

// StartOfDay is what a calendar date begins with in a zone.
var StartOfDay = startOfDay

// LiteText is a query of sqlc's as SQLite gets it.
var LiteText = liteText

// SessionSettings are those that a plan depends on, among others.
var SessionSettings = sessionSettings

// Newest is the version of the schema that this program knows.
var Newest = newest

// Fold is what titles sort by.
var Fold = fold

// Waiting is how many wait for the connection that writes to a SQLite file.
func (st *Store) Waiting() int {
	w := st.engine.(*lite).writer
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.queue)
}
