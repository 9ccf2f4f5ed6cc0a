package fleet_test

import (
	"strings"
	"testing"

	"taskwire/adapter/agent/agenttest"
	"taskwire/promises/fleet"
	"taskwire/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m, fleet.RemovePrograms) }

// A turn through both programs makes a task, which a tool call then lists.
func TestFleet(t *testing.T) {
	f := fleet.New(t, storetest.Config(t, storetest.Postgres))
	adapter := f.Adapter(t)
	tools := f.ToolServer(t, adapter)
	adapter.Ready(t)
	tools.Ready(t)
	f.Model.Queue(agenttest.Calls(agenttest.Call{Name: "create_task", Arguments: `{"title":"tea"}`}), agenttest.Text("Made."))
	var last fleet.Event
	done := map[string]int{}
	err := fleet.Stream(t.Context(), adapter.Base, f.Token(t, "alice"), fleet.NewThread("make tea"), nil, func(e fleet.Event) {
		last = e
		if e.Type == "thread.item.done" {
			done[e.Item.Type]++
		}
	})
	if err != nil || done["user_message"] != 1 || done["assistant_message"] != 1 || done["workflow"] != 1 {
		t.Errorf("done %v, last %s, %v", done, last.Raw, err)
	}
	r, err := fleet.Call(t.Context(), tools.Base, f.ToolToken(t, "alice"), "list_tasks", "", map[string]any{})
	if err != nil || r.IsError || !strings.Contains(r.Text, "tea") {
		t.Errorf("tasks: %+v, %v", r, err)
	}
}
