package agent

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"taskwire/adapter/agent/agenttest"
)

func TestModelConfigIsChecked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		cfg   ModelConfig
		wants []string
	}{
		{ModelConfig{}, []string{"URL", "name"}},
		{ModelConfig{BaseURL: "ftp://x", Model: "m"}, []string{"URL"}},
		{ModelConfig{BaseURL: "https://user:" + secretKey + "@x/v1", Model: "m"}, []string{"URL"}},
		{ModelConfig{BaseURL: "http://x\x00" + secretKey, Model: "m"}, []string{"URL"}},
		{ModelConfig{BaseURL: "http://x", Model: "m", API: "grpc"}, []string{"grpc"}},
	} {
		_, err := NewModel(c.cfg)
		if err == nil {
			t.Errorf("%+v is taken", c.cfg)
			continue
		}
		for _, want := range c.wants {
			if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), secretKey) {
				t.Errorf("error %q, want %q in it", err, want)
			}
		}
	}
	if _, err := NewModel(ModelConfig{BaseURL: "http://127.0.0.1:1/v1/", Model: "m"}); err != nil {
		t.Error(err)
	}
}

// L26: fields that only OpenAI knows go to OpenAI alone, and what tells users
// apart there does not name them. Nothing is kept there that one user's request
// could share with another's.
func TestOpenAIAlone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, host string
		openAI     bool
	}{
		{"OpenAI", "https://api.openai.com/v1", true},
		{"OpenAI in Europe", "https://eu.api.openai.com/v1", true},
		{"another", "https://api.example.test/v1", false},
		{"one that looks alike", "https://api.openai.com.example.test/v1", false},
	} {
		for _, api := range []string{APIChat, APIResponses} {
			t.Run(c.name+" "+api, func(t *testing.T) {
				t.Parallel()
				alice, again, bob := askAs(t, c.host, api, "alice"), askAs(t, c.host, api, "alice"), askAs(t, c.host, api, "bob")
				key := string(alice["safety_identifier"])
				if (key != "") != c.openAI || (alice["prompt_cache_key"] != nil) != c.openAI {
					t.Errorf("safety_identifier %s, prompt_cache_key %s", key, alice["prompt_cache_key"])
				}
				if c.openAI && (key != string(again["safety_identifier"]) || key == string(bob["safety_identifier"]) || strings.Contains(key, "alice")) {
					t.Errorf("keys %s, %s, %s", key, again["safety_identifier"], bob["safety_identifier"])
				}
				for _, fields := range []map[string]json.RawMessage{alice, bob} {
					if kept := string(fields["store"]); kept != "false" && (c.openAI || api == APIResponses || kept != "") {
						t.Errorf("store %s", kept)
					}
					if fields["conversation"] != nil || fields["previous_response_id"] != nil {
						t.Error("the request goes on with one that is kept at the provider")
					}
				}
				if strict := strings.Contains(string(alice["tools"]), `"strict":true`); strict != c.openAI {
					t.Errorf("tools %s", alice["tools"])
				}
			})
		}
	}
}

// askAs asks a provider of that base URL, and gives the fields of the request.
func askAs(t *testing.T, baseURL, api, user string) map[string]json.RawMessage {
	t.Helper()
	provider, err := agenttest.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer provider.Close()
	model, err := NewModel(ModelConfig{BaseURL: baseURL, APIKey: secretKey, Model: "m", API: api, HTTPClient: throughLoopback(provider)})
	if err != nil {
		t.Fatal(err)
	}
	defer model.cfg.HTTPClient.CloseIdleConnections()
	runner := NewRunner(Config{Model: model, Tools: newNotingTools(), Agents: Agents()})
	runner.Run(t.Context(), Request{User: user, TurnID: "t", Input: []Message{{Role: RoleUser, Text: "hi"}}}, func(Event) error { return nil })
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(provider.Requests()[0].Body, &fields); err != nil {
		t.Fatal(err)
	}
	return fields
}

// The variables of OpenAI's own tools are not for whatever provider this is.
func TestEnvironmentIsNotSent(t *testing.T) {
	t.Setenv("OPENAI_API_KEY", "sk-environment")
	t.Setenv("OPENAI_ORG_ID", "org-environment")
	t.Setenv("OPENAI_PROJECT_ID", "project-environment")
	t.Setenv("OPENAI_BASE_URL", "http://127.0.0.1:1")
	h := newHarness(t, nil)
	h.provider.Queue(agenttest.Text("ok"))
	h.run("hi").wantText(t, "ok")
	for name, values := range h.provider.Requests()[0].Header {
		if strings.Contains(strings.Join(values, " "), "environment") {
			t.Errorf("%s: %s", name, values)
		}
	}
}

// A provider that refuses stream_options is asked without, at once and from
// then on.
func TestProviderWithoutStreamOptions(t *testing.T) {
	t.Parallel()
	h := newHarness(t, nil)
	h.provider.Otherwise(agenttest.By(func(req agenttest.Request) agenttest.Reply {
		if req.StreamOptions != nil {
			return agenttest.Body(400, "application/json", `{"error":"Unrecognized request argument supplied: stream_options"}`)
		}
		return agenttest.Events(`{"choices":[{"index":0,"delta":{"content":"twelve chars"},"finish_reason":"stop"}]}`, "[DONE]")
	}))
	for range 2 {
		o := h.run("hi")
		o.wantText(t, "twelve chars")
		if o.Usage.Output != 3 || o.Usage.Input < 100 {
			t.Errorf("usage = %+v, want a quarter of the characters", o.Usage)
		}
	}
	if got := len(h.provider.Requests()); got != 3 {
		t.Errorf("%d requests for two runs, want 3", got)
	}
}

// A provider that has taken them once is not suspected again.
func TestProviderWithStreamOptions(t *testing.T) {
	t.Parallel()
	h := newHarness(t, nil)
	h.provider.Queue(agenttest.Text("ok"), agenttest.Refuse(400, 0))
	h.run("hi").wantText(t, "ok")
	h.run("hi").wantError(t, KindStatus, false)
	if got := len(h.provider.Requests()); got != 2 {
		t.Errorf("%d requests, want 2", got)
	}
}

func TestStrictSchema(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"a task", `{"type":"object","additionalProperties":false,"required":["title"],"properties":{
			"title":{"type":"string","minLength":1,"maxLength":255,"description":"What to do"},
			"priority":{"type":"string","enum":["low","high"],"default":"low"},
			"limit":{"type":"integer","minimum":1}}}`,
			`{"type":"object","additionalProperties":false,"required":["limit","priority","title"],"properties":{
			"title":{"type":"string","description":"What to do"},
			"priority":{"type":["string","null"],"enum":["low","high",null]},
			"limit":{"type":["integer","null"],"minimum":1}}}`},
		{"nothing", `{"type":"object"}`, `{"type":"object","properties":{},"required":[],"additionalProperties":false}`},
		{"a property named as a keyword", `{"type":"object","properties":{"not":{"type":"string"}},"required":["not"]}`,
			`{"type":"object","properties":{"not":{"type":"string"}},"required":["not"],"additionalProperties":false}`},
		{"a list of objects", `{"type":"object","required":["a"],"properties":{"a":{"type":"array","items":{"type":"object","properties":{"b":{"type":"string"}}}}}}`,
			`{"type":"object","required":["a"],"additionalProperties":false,"properties":{"a":{"type":"array","items":{"type":"object","additionalProperties":false,"required":["b"],"properties":{"b":{"type":["string","null"]}}}}}}`},
		{"a choice", `{"type":"object","properties":{"a":{"anyOf":[{"type":"string"}]}}}`, ""},
		{"a map", `{"type":"object","additionalProperties":{"type":"string"}}`, ""},
		{"any value", `{"type":"object","properties":{"a":{}}}`, ""},
		{"a list", `{"type":"array"}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, strict := strictSchema([]byte(c.in))
			if c.want == "" {
				if strict || string(got) != c.in {
					t.Errorf("strict %t: %s", strict, got)
				}
				return
			}
			var a, b any
			if json.Unmarshal(got, &a) != nil || json.Unmarshal([]byte(c.want), &b) != nil {
				t.Fatalf("not JSON: %s", got)
			}
			if diff := cmp.Diff(b, a); diff != "" || !strict {
				t.Errorf("strict %t (-want +got):\n%s", strict, diff)
			}
		})
	}
}
