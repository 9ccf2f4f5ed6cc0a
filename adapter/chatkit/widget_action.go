package chatkit

// ActionHandler says who takes an action.
type ActionHandler string

// Who takes an action.
const (
	HandlerServer ActionHandler = "server" // threads.custom_action or threads.sync_custom_action
	HandlerClient ActionHandler = "client" // the page that holds the client
)

// LoadingBehavior says what shows that an action is under way.
type LoadingBehavior string

// What shows that an action is under way.
const (
	LoadingAuto      LoadingBehavior = "auto"
	LoadingNone      LoadingBehavior = "none"
	LoadingSelf      LoadingBehavior = "self"      // the component
	LoadingContainer LoadingBehavior = "container" // the whole widget
)

// An ActionConfig is what a component does when it is used.
type ActionConfig struct {
	Type    string
	Payload any             // anything that becomes JSON
	Handler ActionHandler   // empty: HandlerServer
	Loading LoadingBehavior // empty: LoadingAuto
	Sync    bool            // answered at once instead of with a stream
}

// MarshalJSON writes the configuration as a prop of a component.
func (a ActionConfig) MarshalJSON() ([]byte, error) {
	return appendFree(nil, a.prop(), freeRules{})
}

func (a ActionConfig) prop() map[string]any {
	handler, loading := a.Handler, a.Loading
	if handler == "" {
		handler = HandlerServer
	}
	if loading == "" {
		loading = LoadingAuto
	}
	p := map[string]any{"type": a.Type, "handler": string(handler), "loadingBehavior": string(loading), "streaming": !a.Sync}
	if a.Payload != nil {
		p["payload"] = a.Payload
	}
	return p
}
