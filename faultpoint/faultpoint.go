// Package faultpoint gives a name to each wait on the database, on the model's
// provider, on the tools and on files, with a point before and one after it, at
// which a test can have a process fail or die.
//
// A program has none of it: the functions are empty and the compiler takes them
// out. Built with -tags faultpoints, a process reads two variables:
//
//	TASKWIRE_FAULTPOINT=before pg.query@3=error   the third time it comes by
//	TASKWIRE_FAULTPOINT_LOG=FILE                  a line for each time at any point
//
// An "error" is one as of a connection: nothing was sent, or what was sent got no
// answer. "kill" is SIGKILL, at this point. Points of upkeep have its name in
// front: "beat: after pg.query".
//
// The waits are:
//
//	pg.acquire, pg.query (a transaction by itself), pg.statement (of a longer one),
//	pg.commit, pg.rollback, pg.open, pg.ping, pg.wake, pg.listen
//	sqlite.open, sqlite.begin, sqlite.statement, sqlite.read, sqlite.commit
//	model.send (up to the head of the reply), model.read
//	tools.send (up to the head of the answer), tools.read
//	files.create, files.write, files.finish, files.open, files.read, files.remove
package faultpoint
