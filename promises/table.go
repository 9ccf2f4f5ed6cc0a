package main

// A promise is one of those that Taskwire makes, with what must have been
// counted for it. The numbers are those that were promised: nothing lowers them
// but a change here.
type promise struct {
	ID    string
	Text  string
	Needs []need
	Tests []suite // where it is counted
}

// A need is what the entries of one name must come to.
type need struct {
	What    string
	Runs    int     // at least
	AtMost  float64 // the largest value, in Unit; 0: there is no such limit
	AtLeast float64 // the smallest value; 0: there is no such limit
	Unit    string
	Control bool
}

// A suite is the tests of a package that count.
type suite struct{ Package, Tests string }

var promises = []promise{
	{
		ID: "P1", Text: "what was acknowledged is never lost, through kill -9 of any part",
		Needs: []need{
			{What: "adapter killed", Runs: 500},
			{What: "mcpserver killed", Runs: 500},
			{What: "PostgreSQL killed", Runs: 500},
			{What: "a program over SQLite killed", Runs: 100},
			{What: "synchronous_commit=off loses", Control: true},
			{What: "something by half is found", Control: true},
		},
		Tests: []suite{{"./promises/crash", "TestKill.*|TestControl.*"}},
	},
	{
		ID: "P2", Text: "every turn ends as done, failed or cancelled",
		Needs: []need{
			{What: "turns running at a crash", Runs: 500, AtMost: 30, Unit: "s"},
			{What: "nobody rescues", Control: true},
		},
		Tests: []suite{{"./promises/crash", "TestKill.*|TestControl.*"}},
	},
	{
		ID: "P3", Text: "one submit, one effect",
		Needs: []need{
			{What: "parallel duplicates", Runs: 10000},
			{What: "cut after COMMIT", Runs: 200},
			{What: "submits without a key are doubled", Control: true},
		},
		Tests: []suite{{"./promises/once", "TestSubmits.*"}, {"./promises/outage", "TestCutAfterCommit"}},
	},
	{
		ID: "P4", Text: "a tool call takes effect at most once",
		Needs: []need{
			{What: "fault points hit", Runs: 500},
			{What: "hits of the point hit least", Runs: 1, AtLeast: 20, Unit: "hits"},
			{What: "calls without an id are doubled", Control: true},
		},
		Tests: []suite{{"./promises/once", "TestFaultPoints.*"}},
	},
	{
		ID: "P5", Text: "nobody reads, changes or senses anything of another",
		Needs: []need{
			{What: "matrix of tools, prompts and resources", Runs: 100},
			{What: "matrix of routes and requests", Runs: 100},
			{What: "fuzzed ids", Runs: 100000},
			{What: "queries run without their condition", Runs: 84 * 4}, // each on four databases
			{What: "queries without their condition, and without the second wall", Control: true},
			{What: "an id of another's in an answer", Control: true},
		},
		Tests: []suite{
			{"./mcpserver", "TestIsolation"}, {"./adapter", "TestNothingOfOthers|TestRoutesOfOthers"},
			{"./store", "TestSecondWall|TestFirstWall|TestSecondWallOfChats|TestFirstWallOfChats"},
			{"./promises/walls", "TestFuzzedIDs"},
		},
	},
	{
		ID: "P6", Text: "bad input gets the documented status and changes nothing",
		Needs: []need{
			{What: "attacks of the list", Runs: 158},
			{What: "a change is noticed", Control: true},
		},
		Tests: []suite{{"./promises/attacks", "TestEveryAttack.*"}},
	},
	{
		ID: "P7", Text: "no input, panic or provider fault ends a process",
		Needs: []need{
			{What: "fuzz targets", Runs: 8},
			{What: "requests thrown at processes", Runs: 10000},
			{What: "panics in handlers", Runs: 14},
			{What: "panics in goroutines", Runs: 4},
			{What: "goroutines that are guarded or explained", Runs: 30},
			{What: "an exit is noticed", Control: true},
			{What: "a goroutine without a guard", Control: true},
		},
		Tests: []suite{
			{"./adapter", "TestPanics|TestCanaryOfAPanic|TestPanicIn.*"}, {"./mcpserver", "TestPanicIn.*"},
			{"./identity", "TestPanicIn.*"}, {"./promises", "TestGoroutines.*"}, {"./promises/walls", "TestNothingGetsOut"},
		},
	},
	{
		ID: "P8", Text: "only tokens made for us are taken",
		Needs: []need{
			{What: "bad tokens", Runs: 1000},
			{What: "bits flipped", Runs: 20000},
			{What: "a verifier that skips a check", Control: true},
			{What: "a verifier that skips the signature", Control: true},
		},
		Tests: []suite{
			{"./identity", "TestEveryBit.*"}, {"./mcpserver", "TestBadTokens|TestEveryBit"},
			{"./adapter", "TestBadTokensAtEveryDoor|TestBadTokensControl|TestEveryBit"},
		},
	},
	{
		ID: "P9", Text: "the browser's token stays in the adapter, each call bears its own user's",
		Needs: []need{
			{What: "calls of two users at once", Runs: 20000},
			{What: "canary tokens looked for", Runs: 1},
			{What: "a token of another's on a call", Control: true},
			{What: "planted tokens", Control: true},
		},
		Tests: []suite{
			{"./adapter/agent", "TestUsersAreNeverMixedUp|TestRecorderCatchesAMixUp"}, {"./adapter", "TestCanaries"}, {"./promises/walls", "TestTwoUsersAtOnce"},
		},
	},
	{
		ID: "P10", Text: "a text that the model obeys can do what its user may, no more",
		Needs: []need{
			{What: "obedient runs", Runs: 1000},
			{What: "tools that believe the model", Control: true},
		},
		Tests: []suite{{"./promises/walls", "TestObedient.*"}},
	},
	{
		ID: "P11", Text: "what two replicas answer is linearizable",
		Needs: []need{
			{What: "histories of 10,000 operations", Runs: 100},
			{What: "threads deleted while items come", Runs: 1000},
			{What: "a stale read is caught", Control: true},
			{What: "an orphan is noticed", Control: true},
		},
		Tests: []suite{{"./promises/once", "TestLinearizable.*|TestDeletedWhile.*"}},
	},
	{
		ID: "P12", Text: "each fault of a provider ends in a good retry or an error event",
		Needs: []need{
			{What: "provider faults", Runs: 60, AtMost: 30, Unit: "s"},
			{What: "recorded streams", Runs: 25},
			{What: "a cut answer shown as whole", Control: true},
		},
		Tests: []suite{{"./adapter", "TestProviderFaults|TestProviderFaultsControl|TestRecordedProviders"}},
	},
	{
		ID: "P13", Text: "10,000 open answers in one adapter",
		Needs: []need{
			{What: "open answers", Runs: 10000, AtMost: 640, Unit: "MiB"},
			{What: "goroutines left of open answers", Runs: 1},
			// A provider that speaks HTTP/1.1 alone costs a connection for each. The system that
			// this was counted on gives a process 20,000 files: two for each, and some.
			{What: "open answers with a connection each to the model", Runs: 9900, AtMost: 640, Unit: "MiB"},
			{What: "goroutines left of open answers with a connection each to the model", Runs: 1},
			{What: "idle streams of mcpserver", Runs: 10000, AtMost: 400, Unit: "MiB"},
			{What: "writes beside idle streams", Runs: 1, AtMost: 2, Unit: "×"},
			{What: "client that does not read let go", Runs: 1, AtMost: 30, Unit: "s"},
			{What: "a leak is noticed", Control: true},
		},
		Tests: []suite{{"./promises/load", "TestOpenAnswers.*|TestDeafClient|TestIdleStreams"}},
	},
	{
		ID: "P14", Text: "SIGTERM under load loses nothing",
		Needs: []need{
			{What: "streams through SIGTERM", Runs: 200 * 20, AtMost: 30, Unit: "s"},
			{What: "tool calls and streams of mcpserver through SIGTERM", Runs: 200 * 20, AtMost: 30, Unit: "s"},
			{What: "second signal ends at once", Runs: 1, AtMost: 1, Unit: "s"},
			{What: "SIGKILL loses streams", Control: true},
			{What: "SIGKILL loses tool calls", Control: true},
		},
		Tests: []suite{{"./promises/load", "TestDrain.*"}},
	},
	{
		ID: "P15", Text: "without its database: 503 within 5 s, back within 5 s",
		Needs: []need{
			{What: "database faults", Runs: 20},
			{What: "slowest 503", Runs: 20, AtMost: 5, Unit: "s"},
			{What: "slowest return", Runs: 20, AtMost: 5, Unit: "s"},
			{What: "half-open connections found out", Runs: 1, AtMost: 30, Unit: "s"},
			{What: "without time limits", Control: true},
		},
		Tests: []suite{{"./promises/outage", "Test.*"}},
	},
	{
		ID: "P16", Text: "one user cannot slow down another",
		Needs: []need{
			{What: "p99 beside a noisy neighbour, median of the rounds", Runs: 5, AtMost: 2, Unit: "×"},
			{What: "without limits it shows", Control: true},
		},
		Tests: []suite{{"./promises/load", "TestNoisyNeighbour.*"}},
	},
	{
		ID: "P17", Text: "one version forward and back while serving",
		Needs: []need{
			{What: "old program on the new schema", Runs: 20000},
			{What: "new program on the old schema", Runs: 4000},
			{What: "tests of the old program on the new schema", Runs: 450}, // all but those in a browser
			{What: "tests of the new program on the old schema", Runs: 450},
			{What: "a schema that breaks the old program is refused", Control: true},
			{What: "a breaking migration that is called harmless shows", Control: true},
		},
		Tests: []suite{{"./promises/upgrade", "Test.*"}},
	},
	{
		ID: "P18", Text: "no secret, SQL, path, stack or other user's text gets out",
		Needs: []need{
			{What: "bytes of output searched", Runs: 100000},
			{What: "planted secrets, words and tokens", Control: true},
			{What: "planted insides in what a process says", Control: true},
		},
		Tests: []suite{{"./adapter", "TestCanaries"}, {"./promises/walls", "TestNothingGetsOut"}},
	},
}
