package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"taskwire/faultpoint"
	"taskwire/store/internal/db"
)

// CallLifetime is how long a call id or idempotency key is remembered.
const CallLifetime = 24 * time.Hour

// Call names a change, so that doing it again does it once: the same id, or
// the same key, with the same arguments gives the first result. Each is per
// user and tool, and each may be empty.
type Call struct {
	Tool string
	ID   string // the host's call id
	Key  string // the user's idempotency key
	Args []byte // the arguments in a canonical form; the store keeps a hash
}

// keys are the rows of the journal that the call claims, always in this order,
// so that two calls cannot wait for each other.
func (c Call) keys() []string {
	var keys []string
	if c.ID != "" {
		keys = append(keys, "id:"+c.ID)
	}
	if c.Key != "" {
		keys = append(keys, "key:"+c.Key)
	}
	return keys
}

func (c Call) check() error {
	return errors.Join(checkText("tool", c.Tool, maxID), checkText("call id", c.ID, maxID), checkText("idempotency key", c.Key, maxID))
}

// effect is a change through the queries of one transaction.
type effect func(context.Context, *db.Queries) (Task, error)

// change takes effect once per call: with a call to remember, claim, effect
// and result are one transaction, so that a failure leaves no claim behind.
// Without one, each statement is by itself.
func (t *Tasks) change(ctx context.Context, user string, call Call, do effect) (Task, error) {
	var task Task
	if len(call.keys()) == 0 {
		err := t.st.For(user).run(ctx, func(ctx context.Context, q *db.Queries) (err error) {
			task, err = do(ctx, q)
			return err
		})
		return task, err
	}
	if err := call.check(); err != nil {
		return Task{}, err
	}
	j := journal{user: user, call: call, now: t.st.clock.now()}
	sum := sha256.Sum256(call.Args)
	j.hash = hex.EncodeToString(sum[:])
	err := t.st.For(user).inTx(ctx, func(ctx context.Context, q *db.Queries) (err error) {
		task, err = j.run(ctx, q, do)
		return err
	})
	return task, err
}

// journal is one call in one transaction.
type journal struct {
	user string
	call Call
	hash string
	now  time.Time
}

func (j journal) run(ctx context.Context, q *db.Queries, do effect) (Task, error) {
	var result string
	var claimed []string
	for _, key := range j.call.keys() {
		earlier, err := j.claim(ctx, q, key)
		if err != nil {
			return Task{}, err
		}
		if earlier != "" {
			result = earlier
			break
		}
		claimed = append(claimed, key)
	}
	if result == "" {
		task, err := do(ctx, q)
		if err != nil {
			return Task{}, err
		}
		if result, err = encodeResult(task); err != nil {
			return Task{}, err
		}
	}
	for _, key := range claimed {
		err := q.FinishCall(ctx, db.FinishCallParams{UserID: j.user, Tool: j.call.Tool, CallKey: key, Result: result})
		if err != nil {
			return Task{}, err
		}
	}
	return decodeResult(result)
}

// claim takes the key, or gives the result of the call that had it before. A
// row that stood in the way may be gone when it is read, swept or rolled back:
// then the key is free, and the claim is made again.
func (j journal) claim(ctx context.Context, q *db.Queries, key string) (result string, err error) {
	for range tries {
		_, err := q.ClaimCall(ctx, db.ClaimCallParams{
			UserID: j.user, Tool: j.call.Tool, CallKey: key, ArgsHash: j.hash,
			CreatedAt: j.now, StaleBefore: j.now.Add(-CallLifetime),
		})
		if err == nil || !noRows(err) {
			return "", err
		}
		row, err := q.GetCall(ctx, db.GetCallParams{UserID: j.user, Tool: j.call.Tool, CallKey: key})
		switch {
		case noRows(err):
			continue
		case err != nil:
			return "", err
		case row.ArgsHash != j.hash:
			return "", ErrCallReused
		}
		return row.Result, nil
	}
	return "", unavailable(errors.New("the call is neither free nor taken"))
}

// result is a task as the journal keeps it, to be given again byte for byte.
type result struct {
	ID          string    `json:"id"`
	Title       string    `json:"title"`
	Description string    `json:"description"`
	Priority    Priority  `json:"priority"`
	Category    Category  `json:"category"`
	Completed   bool      `json:"completed"`
	Due         string    `json:"due"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
}

func encodeResult(t Task) (string, error) {
	text, err := json.Marshal(result{t.ID, t.Title, t.Description, t.Priority, t.Category, t.Completed, t.Due.Text, t.CreatedAt, t.UpdatedAt})
	return string(text), err
}

func decodeResult(text string) (Task, error) {
	var r result
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return Task{}, fmt.Errorf("read journalled result: %w", err)
	}
	due, err := ParseDue(r.Due)
	if err != nil {
		return Task{}, fmt.Errorf("read journalled result: %w", err)
	}
	return Task{r.ID, r.Title, r.Description, r.Priority, r.Category, r.Completed, due, r.CreatedAt, r.UpdatedAt}, nil
}

const sweepBatch = 1000

// Sweep forgets calls that are older than CallLifetime and returns how many.
// Looking for them is the one thing done across users; each is then removed as
// its own user.
func (st *Store) Sweep(ctx context.Context) (removed int, err error) {
	ctx = faultpoint.Upkeep(ctx, "sweep")
	before := st.clock.now().Add(-CallLifetime)
	for {
		var stale []db.StaleCallsRow
		err := st.try(ctx, func(ctx context.Context) (err error) {
			stale, err = db.New(st.engine.maintenance()).StaleCalls(ctx, db.StaleCallsParams{StaleBefore: before, MaxRows: sweepBatch})
			return err
		})
		if err != nil {
			return removed, fmt.Errorf("find stale calls: %w", err)
		}
		for _, row := range stale {
			gone, err := st.forget(ctx, row, before)
			if err != nil {
				return removed, fmt.Errorf("remove stale call: %w", err)
			}
			removed += gone
		}
		if len(stale) < sweepBatch {
			return removed, nil
		}
	}
}

func (st *Store) forget(ctx context.Context, row db.StaleCallsRow, before time.Time) (gone int, err error) {
	err = st.For(row.UserID).run(ctx, func(ctx context.Context, q *db.Queries) error {
		n, err := q.DeleteStaleCall(ctx, db.DeleteStaleCallParams{
			UserID: row.UserID, Tool: row.Tool, CallKey: row.CallKey, StaleBefore: before,
		})
		gone = int(n)
		return err
	})
	return gone, err
}
