package main

import (
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"taskwire/edge"
)

// Keys of ours in a request's _meta. The prefix keeps them apart from the
// protocol's own (MCP 2026-07-28, basic, _meta).
const (
	metaCallID      = "taskwire/call-id"       // names one call: it takes effect at most once
	metaTimezone    = "taskwire/timezone"      // IANA zone of the user, for what "a day" is
	metaIfUpdatedAt = "taskwire/if-updated-at" // change only what is still as it was then
)

// callMeta is what a host may say beside the arguments.
type callMeta struct {
	callID      string
	zone        *time.Location
	ifUpdatedAt time.Time
}

// readMeta reads our keys; what others put into _meta is none of our business.
func (ts *toolset) readMeta(meta mcp.Meta) (callMeta, error) {
	out := callMeta{zone: ts.zone}
	if value, ok := meta[metaCallID]; ok && value != nil {
		id, ok := value.(string)
		if !ok || !printable(id) {
			return callMeta{}, useError("_meta " + metaCallID + ": must be a string of 1 to 255 printable characters")
		}
		out.callID = id
	}
	if value, ok := meta[metaTimezone]; ok && value != nil {
		name, _ := value.(string)
		zone, err := edge.LoadZone(name)
		if err != nil {
			return callMeta{}, useError("_meta " + metaTimezone + ": must be an IANA time zone such as Asia/Karachi")
		}
		out.zone = zone
	}
	if value, ok := meta[metaIfUpdatedAt]; ok && value != nil {
		text, _ := value.(string)
		at, err := time.Parse(time.RFC3339Nano, text)
		// The store takes the zero time for any version, and keeps microseconds:
		// what is finer would match a version that it does not name.
		if err != nil || at.IsZero() || at.Nanosecond()%1000 != 0 {
			return callMeta{}, useError("_meta " + metaIfUpdatedAt + ": must be the updated_at of the task as it was read")
		}
		out.ifUpdatedAt = at
	}
	return out, nil
}
