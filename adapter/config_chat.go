package main

import (
	"net/url"
	"strings"
	"time"

	"gocloud.dev/blob/fileblob"
	"gocloud.dev/blob/s3blob"

	"taskwire/adapter/agent"
	"taskwire/edge"
)

// The providers that a key alone stands for.
const (
	xiaomiBase  = "https://api.xiaomimimo.com/v1"
	xiaomiModel = "mimo-v2-flash"
	openAIBase  = "https://api.openai.com/v1"
	openAIModel = "gpt-5.4-mini"
)

// A modelChoice is the model that answers. The zero value is the demo model.
type modelChoice struct {
	baseURL    string
	key        string
	name       string
	api        string
	vision     bool
	transcribe string // model for dictation; empty: none

	idle time.Duration // silence of the provider; 0: as long as agent waits
}

// demo reports whether the built-in model answers.
func (m modelChoice) demo() bool { return m.baseURL == "" }

// readChat reads what the chat needs: the model, its limits, the page.
func (cfg *config) readChat(getenv func(string) string) error {
	env := edge.Env{Get: getenv}
	cfg.model = readModel(&env)
	cfg.limits = agent.Limits{
		Time:   env.Duration("TURN_TIMEOUT", 120*time.Second, time.Hour),
		Steps:  env.Between("TURN_MAX_STEPS", 12, 1, 100),
		Tokens: env.Between("TURN_TOKEN_BUDGET", 100_000, 1, 100_000_000),
	}
	if cfg.limits.Time == 0 {
		env.Problem("TURN_TIMEOUT is 0: an answer needs some time; leave it out for 120s")
	}
	cfg.perDay = env.Between("USER_TOKENS_PER_DAY", 0, 0, 1_000_000_000)
	cfg.uploads = readUploads(&env)
	cfg.sessions = readSessions(&env)
	cfg.page = pageConfig{
		chatkit:   env.Bool("CHATKIT_ENABLED", true),
		script:    webAddress(&env, "CHATKIT_SCRIPT_URL", "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js"),
		domainKey: env.Text("CHATKIT_DOMAIN_KEY", "local-dev"),
		tokenURL:  webAddress(&env, "AUTH_TOKEN_URL", betterAuthToken(getenv)),
		signInURL: webAddress(&env, "AUTH_SIGNIN_URL", ""),
	}
	return env.Err()
}

// readModel takes the first of LLM_BASE_URL, XIAOMI_API_KEY and OPENAI_API_KEY
// that is set. LLM_MODEL names another model of that provider.
func readModel(env *edge.Env) modelChoice {
	m := modelChoice{
		baseURL: webAddress(env, "LLM_BASE_URL", ""), key: env.Text("LLM_API_KEY", ""), name: env.Text("LLM_MODEL", ""),
		vision: env.Bool("LLM_VISION", false), transcribe: env.Text("TRANSCRIBE_MODEL", ""),
	}
	if m.api = env.OneOf("LLM_API", agent.APIChat, agent.APIResponses); m.api == "" {
		m.api = agent.APIChat
	}
	given := env.Text("LLM_BASE_URL", "") != ""
	if given && m.name == "" {
		env.Problem("LLM_MODEL is not set: the name of the model at LLM_BASE_URL")
	}
	if !given && m.key != "" {
		env.Problem("LLM_API_KEY is set without LLM_BASE_URL: set it too, or XIAOMI_API_KEY or OPENAI_API_KEY in its place")
	}
	if given {
		return m
	}
	switch xiaomi, openai := env.Text("XIAOMI_API_KEY", ""), env.Text("OPENAI_API_KEY", ""); {
	case xiaomi != "":
		m.baseURL, m.key = xiaomiBase, xiaomi
		m.name = or(m.name, xiaomiModel)
	case openai != "":
		m.baseURL, m.key = env.Text("OPENAI_BASE_URL", openAIBase), openai
		m.name = or(m.name, openAIModel)
	case m.name != "":
		env.Problem("LLM_MODEL is set without a provider: set LLM_BASE_URL, XIAOMI_API_KEY or OPENAI_API_KEY")
	}
	return m
}

// readSessions takes openai mode without key or workflow too: the health
// endpoint says what is missing, and so does everybody who asks for a session.
func readSessions(env *edge.Env) sessionConfig {
	return sessionConfig{
		mode:       or(env.OneOf("CHATKIT_SESSION_MODE", sessionSelf, sessionOpenAI), sessionSelf),
		openAIKey:  env.Text("OPENAI_API_KEY", ""),
		openAIBase: webAddress(env, "OPENAI_BASE_URL", openAIBase),
		workflow:   env.Text("CHATKIT_WORKFLOW_ID", ""),
	}
}

// readUploads takes the kinds of storage that are built in. The URL is not
// repeated: it may hold a password.
func readUploads(env *edge.Env) string {
	value := env.Text("UPLOADS_URL", "")
	if value == "" {
		return ""
	}
	u, err := url.Parse(value)
	folder := err == nil && u.Scheme == fileblob.Scheme && u.Host == "" && strings.HasPrefix(u.Path, "/")
	bucket := err == nil && u.Scheme == s3blob.Scheme && u.Host != ""
	if !folder && !bucket || u.User != nil {
		env.Problem("UPLOADS_URL: must be a folder or an S3 bucket, such as file:///var/lib/taskwire/uploads or s3://bucket?region=eu-central-1")
	}
	return value
}

// webAddress reads an absolute http or https URL. It is not repeated when it is
// none: it may hold a password.
func webAddress(env *edge.Env, name, standard string) string {
	value := env.Text(name, standard)
	if value == standard {
		return value
	}
	if u, err := url.Parse(value); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		env.Problem("%s: must be an address such as https://example.com/path, without user", name)
	}
	return value
}

func betterAuthToken(getenv func(string) string) string {
	if base := strings.TrimRight(getenv("BETTER_AUTH_URL"), "/"); base != "" {
		return base + "/api/auth/token"
	}
	return ""
}

func or(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}

// label names the model in the log.
func (m modelChoice) label() string {
	if m.demo() {
		return "demo"
	}
	return m.name
}
