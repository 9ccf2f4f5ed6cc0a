package chatkit_test

import (
	"fmt"
	"log"
	"time"

	"taskwire/adapter/chatkit"
)

// A list of tasks whose checkboxes act without the model: the action arrives
// as threads.sync_custom_action.
func ExampleListView() {
	row := func(id, title string, done bool) chatkit.ListViewItem {
		return chatkit.ListViewItem{
			Named: chatkit.Named{Key: id},
			Children: []chatkit.Component{
				chatkit.Checkbox{Name: id, Label: title, DefaultChecked: done, OnChange: &chatkit.ActionConfig{
					Type: "task.toggle", Payload: map[string]any{"task_id": id}, Sync: true,
				}},
			},
		}
	}
	item := &chatkit.WidgetItem{
		Base:     chatkit.Base{ID: "msg_1", ThreadID: "thr_1", CreatedAt: time.Unix(0, 0)},
		Widget:   chatkit.ListView{Children: []chatkit.ListViewItem{row("7", "Buy milk", false)}}.Widget(),
		CopyText: "- Buy milk",
	}
	sent, err := chatkit.AppendItem(nil, item)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", sent)
	// Output:
	// {"id":"msg_1","thread_id":"thr_1","created_at":"1970-01-01T00:00:00Z","type":"widget","widget":{"children":[{"children":[{"label":"Buy milk","name":"7","onChangeAction":{"handler":"server","loadingBehavior":"auto","payload":{"task_id":"7"},"streaming":false,"type":"task.toggle"},"type":"Checkbox"}],"key":"7","type":"ListViewItem"}],"type":"ListView"},"copy_text":"- Buy milk"}
}

// A text that streams grows by deltas; anything else sends the widget anew.
func ExampleWidgetDiff() {
	card := func(text string, streaming bool) chatkit.Widget {
		return chatkit.Card{Children: []chatkit.Component{
			chatkit.Markdown{Named: chatkit.Named{ID: "draft"}, Value: text, Streaming: streaming},
		}}.Widget()
	}
	states := []chatkit.Widget{card("Dear", true), card("Dear Ann", true), card("Dear Ann", false)}
	for i := range states[1:] {
		updates, err := chatkit.WidgetDiff(states[i], states[i+1])
		if err != nil {
			log.Fatal(err)
		}
		for _, u := range updates {
			sent, err := chatkit.AppendEvent(nil, &chatkit.ItemUpdated{ItemID: "msg_1", Update: u})
			if err != nil {
				log.Fatal(err)
			}
			fmt.Printf("%s\n", sent)
		}
	}
	// Output:
	// {"type":"thread.item.updated","item_id":"msg_1","update":{"type":"widget.streaming_text.value_delta","component_id":"draft","delta":" Ann","done":false}}
	// {"type":"thread.item.updated","item_id":"msg_1","update":{"type":"widget.root.updated","widget":{"children":[{"id":"draft","type":"Markdown","value":"Dear Ann"}],"type":"Card"}}}
}

// A store keeps what MarshalItem gives, whatever the kind of item.
func ExampleMarshalItem() {
	note := &chatkit.HiddenContext{
		Base:    chatkit.Base{ID: "msg_2", ThreadID: "thr_1", CreatedAt: time.Unix(0, 0)},
		Content: chatkit.MustJSON("the user opened task 7"),
	}
	stored, err := chatkit.MarshalItem(note)
	if err != nil {
		log.Fatal(err)
	}
	item, err := chatkit.UnmarshalItem(stored)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(item.Kind(), item.ItemID(), item.Hidden())
	_, err = chatkit.AppendItem(nil, item)
	fmt.Println(err)
	// Output:
	// hidden_context_item msg_2 true
	// chatkit: hidden_context_item msg_2: hidden item is not for the wire
}
