package main

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"taskwire/adapter/agent"
	"taskwire/edge"
)

func load(t *testing.T, env map[string]string, args ...string) (config, error) {
	t.Helper()
	all := map[string]string{"TASKWIRE_DATA": t.TempDir(), "TASKWIRE_USER": "alice"}
	maps.Copy(all, env)
	return loadConfig(args, func(name string) string { return all[name] }, io.Discard)
}

func with(env map[string]string, more ...string) map[string]string {
	out := maps.Clone(env)
	for pair := range slices.Chunk(more, 2) {
		out[pair[0]] = pair[1]
	}
	return out
}

var (
	dev  = map[string]string{"AUTH_MODE": "dev"}
	jwks = map[string]string{"AUTH_MODE": "jwks", "BETTER_AUTH_URL": "https://auth.example.com"}
)

func TestConfigProblems(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		env   map[string]string
		args  []string
		words []string // each of them must be said
	}{
		"no AUTH_MODE":               {nil, nil, []string{"AUTH_MODE is not set", "dev", "jwks", "hs256"}},
		"another AUTH_MODE":          {map[string]string{"AUTH_MODE": "none"}, nil, []string{`AUTH_MODE is "none"`}},
		"an unknown flag":            {dev, []string{"-port", "1"}, []string{"-port"}},
		"an unknown command":         {dev, []string{"serve"}, []string{`"serve"`, "migrate and token"}},
		"a flag of another command":  {dev, []string{"migrate", "-user", "x"}, []string{"-user"}},
		"address without port":       {jwks, []string{"-http", "127.0.0.1"}, []string{"-http", "host and port"}},
		"dev on all addresses":       {dev, []string{"-http", ":8080"}, []string{"AUTH_MODE=dev", "this machine only", "127.0.0.1:8080"}},
		"no public URLs":             {jwks, []string{"-http", ":8080"}, []string{"PUBLIC_URL is not set", "MCP_PUBLIC_URL is not set"}},
		"public URL with a path":     {with(jwks, "PUBLIC_URL", "https://example.com/chat"), nil, []string{"PUBLIC_URL: must be"}},
		"public URL not secure":      {with(jwks, "PUBLIC_URL", "http://chat.example.com"), nil, []string{"PUBLIC_URL must be https"}},
		"one URL for both":           {with(jwks, "PUBLIC_URL", "https://x.example", "MCP_PUBLIC_URL", "https://x.example"), nil, []string{"MCP_PUBLIC_URL is PUBLIC_URL"}},
		"the provider's URL":         {with(jwks, "PUBLIC_URL", "https://auth.example.com"), nil, []string{"AUTH_ISSUER is PUBLIC_URL"}},
		"URLs of the tools":          {with(dev, "MCP_PUBLIC_URL", "tasks", "MCP_URL", "ftp://x"), nil, []string{"MCP_PUBLIC_URL: must", "MCP_URL: must"}},
		"jwks without a provider":    {map[string]string{"AUTH_MODE": "jwks"}, nil, []string{"AUTH_ISSUER, AUTH_JWKS_URL and AUTH_AUDIENCE", "BETTER_AUTH_URL"}},
		"hs256 without the rest":     {map[string]string{"AUTH_MODE": "hs256"}, nil, []string{"BETTER_AUTH_SECRET", "32 bytes", "AUTH_ISSUER", "AUTH_AUDIENCE"}},
		"uploads by FTP":             {with(dev, "UPLOADS_URL", "ftp://me:canary@x.example"), nil, []string{"UPLOADS_URL: must"}},
		"uploads beside a host":      {with(dev, "UPLOADS_URL", "file://uploads"), nil, []string{"UPLOADS_URL: must"}},
		"uploads with a password":    {with(dev, "UPLOADS_URL", "s3://me:canary@bucket"), nil, []string{"UPLOADS_URL: must"}},
		"hs256 without an audience":  {map[string]string{"AUTH_MODE": "hs256", "BETTER_AUTH_SECRET": strings.Repeat("s", 32), "AUTH_ISSUER": "https://a.example"}, nil, []string{"AUTH_AUDIENCE"}},
		"a user that cannot be":      {with(dev, "TASKWIRE_USER", "a\nb"), nil, []string{"TASKWIRE_USER"}},
		"a base without a model":     {with(dev, "LLM_BASE_URL", "http://127.0.0.1:11434/v1"), nil, []string{"LLM_MODEL is not set"}},
		"a key without a base":       {with(dev, "LLM_API_KEY", "sk-canary"), nil, []string{"LLM_API_KEY is set without LLM_BASE_URL"}},
		"a model without a provider": {with(dev, "LLM_MODEL", "m"), nil, []string{"LLM_MODEL is set without"}},
		"a base that is none":        {with(dev, "LLM_BASE_URL", "https://me:canary@x.example", "LLM_MODEL", "m"), nil, []string{"LLM_BASE_URL: must be"}},
		"limits": {
			with(dev, "TURN_TIMEOUT", "0s", "TURN_MAX_STEPS", "0", "TURN_TOKEN_BUDGET", "-1", "USER_TOKENS_PER_DAY", "many"), nil,
			[]string{"TURN_TIMEOUT", "TURN_MAX_STEPS", "1 to 100", "TURN_TOKEN_BUDGET", "USER_TOKENS_PER_DAY"},
		},
		"the rest": {
			with(dev, "CHATKIT_SESSION_MODE", "hosted", "CHATKIT_ENABLED", "perhaps", "CHATKIT_SCRIPT_URL", "chatkit.js", "LLM_API", "rest", "LLM_VISION", "2",
				"UPLOADS_URL", "/var/uploads", "SHUTDOWN_GRACE", "25", "DATABASE_URL", "mysql://x"), nil,
			[]string{"CHATKIT_SESSION_MODE", "self or openai", "CHATKIT_ENABLED", "CHATKIT_SCRIPT_URL", "LLM_API", "LLM_VISION", "UPLOADS_URL", "SHUTDOWN_GRACE", "DATABASE_URL"},
		},
		"token without a user":   {nil, []string{"token"}, []string{"-user is missing"}},
		"token for a bad user":   {nil, []string{"token", "-user", "\x00"}, []string{"-user: must"}},
		"token for too long":     {nil, []string{"token", "-user", "ci", "-ttl", "25h"}, []string{"-ttl", "24h"}},
		"token for no time":      {nil, []string{"token", "-user", "ci", "-ttl", "-1h"}, []string{"-ttl"}},
		"token for nobody":       {nil, []string{"token", "-user", "ci", "-for", "all"}, []string{"-for", "mcp or adapter"}},
		"token of unknown scope": {nil, []string{"token", "-user", "ci", "-scope", "tasks:read admin"}, []string{"-scope", `"admin"`}},
	} {
		_, err := load(t, c.env, c.args...)
		var stderr bytes.Buffer
		if status := edge.ExitStatus("adapter", err, &stderr); status != 2 {
			t.Errorf("%s: exit %d, %v, want 2", name, status, err)
		}
		for _, word := range c.words {
			if !strings.Contains(stderr.String(), word) {
				t.Errorf("%s: %s\nwant %q to be said", name, &stderr, word)
			}
		}
		if strings.Contains(stderr.String(), "canary") {
			t.Errorf("%s: a secret is told: %s", name, &stderr)
		}
	}
}

func TestConfigDefaults(t *testing.T) {
	t.Parallel()
	cfg, err := load(t, dev)
	if err != nil {
		t.Fatal(err)
	}
	want := config{
		httpAddr: "127.0.0.1:8080", user: "alice", publicURL: "http://127.0.0.1:8080",
		mcpPublicURL: "http://127.0.0.1:8081/mcp", mcpURL: "http://127.0.0.1:8081/mcp",
	}
	got := config{
		httpAddr: cfg.httpAddr, user: cfg.user, publicURL: cfg.publicURL, mcpPublicURL: cfg.mcpPublicURL, mcpURL: cfg.mcpURL,
	}
	if got.httpAddr != want.httpAddr || got.user != want.user || got.publicURL != want.publicURL || got.mcpPublicURL != want.mcpPublicURL || got.mcpURL != want.mcpURL {
		t.Errorf("defaults are %+v, want %+v", got, want)
	}
	if want := (agent.Limits{Time: 2 * time.Minute, Steps: 12, Tokens: 100_000}); cfg.limits != want {
		t.Errorf("limits are %+v, want %+v", cfg.limits, want)
	}
	if !cfg.tendMemory {
		t.Error("the memory is left to itself")
	}
	if !cfg.page.chatkit || cfg.page.domainKey != "local-dev" || cfg.sessions.mode != sessionSelf || !cfg.model.demo() {
		t.Errorf("%+v, %+v, %+v", cfg.page, cfg.sessions, cfg.model)
	}
}

// An operator who sets the garbage collector up is not overruled.
func TestConfigOfMemory(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} {
		env := maps.Clone(dev)
		env[name] = "200"
		if cfg, err := load(t, env); err != nil || cfg.tendMemory {
			t.Errorf("%s is set: tended %v, %v", name, cfg.tendMemory, err)
		}
	}
}

func TestModelChoice(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		env  map[string]string
		want modelChoice
	}{
		"none":             {nil, modelChoice{api: "chat"}},
		"Xiaomi":           {map[string]string{"XIAOMI_API_KEY": "x", "OPENAI_API_KEY": "o"}, modelChoice{baseURL: xiaomiBase, key: "x", name: "mimo-v2-flash", api: "chat"}},
		"OpenAI":           {map[string]string{"OPENAI_API_KEY": "o", "LLM_API": "responses"}, modelChoice{baseURL: openAIBase, key: "o", name: openAIModel, api: "responses"}},
		"another of it":    {map[string]string{"OPENAI_API_KEY": "o", "LLM_MODEL": "m"}, modelChoice{baseURL: openAIBase, key: "o", name: "m", api: "chat"}},
		"an address":       {map[string]string{"LLM_BASE_URL": "http://127.0.0.1:11434/v1", "LLM_MODEL": "m", "OPENAI_API_KEY": "o"}, modelChoice{baseURL: "http://127.0.0.1:11434/v1", name: "m", api: "chat"}},
		"one with a key":   {map[string]string{"LLM_BASE_URL": "https://x.example/v1", "LLM_MODEL": "m", "LLM_API_KEY": "k", "LLM_VISION": "true", "TRANSCRIBE_MODEL": "w"}, modelChoice{baseURL: "https://x.example/v1", key: "k", name: "m", api: "chat", vision: true, transcribe: "w"}},
		"an empty address": {map[string]string{"LLM_BASE_URL": " ", "OPENAI_API_KEY": "o"}, modelChoice{baseURL: openAIBase, key: "o", name: openAIModel, api: "chat"}},
	} {
		cfg, err := load(t, with(dev, flatten(c.env)...))
		if err != nil || cfg.model != c.want {
			t.Errorf("%s: %+v, %v, want %+v", name, cfg.model, err, c.want)
		}
	}
}

func flatten(env map[string]string) (pairs []string) {
	for k, v := range env {
		pairs = append(pairs, k, v)
	}
	return pairs
}

// Behind a proxy the listener says nothing about our address.
func TestConfigPlaces(t *testing.T) {
	t.Parallel()
	cfg, err := load(t, with(jwks, "PUBLIC_URL", "https://chat.example.com/", "MCP_PUBLIC_URL", "https://tasks.example.com/mcp", "MCP_URL", "http://mcpserver:8081/mcp"), "-http", ":8080")
	if err != nil {
		t.Fatal(err)
	}
	if cfg.publicURL != "https://chat.example.com" || cfg.mcpURL != "http://mcpserver:8081/mcp" || cfg.mcpPublicURL != "https://tasks.example.com/mcp" {
		t.Errorf("%q, %q, %q", cfg.publicURL, cfg.mcpURL, cfg.mcpPublicURL)
	}
	if cfg.page.tokenURL != "https://auth.example.com/api/auth/token" {
		t.Errorf("the page gets its token at %q", cfg.page.tokenURL)
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	_, err := loadConfig([]string{"-help"}, func(string) string { return "" }, &stderr)
	if !errors.Is(err, flag.ErrHelp) || edge.ExitStatus("adapter", err, io.Discard) != 0 || !strings.Contains(stderr.String(), "adapter token -user NAME") {
		t.Errorf("%v, %s", err, &stderr)
	}
}
