package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"taskwire/adapter/agent"
	"taskwire/edge"
	"taskwire/identity"
	"taskwire/store"
)

// What the program can be told to do; nothing is to serve.
const (
	commandMigrate = "migrate"
	commandToken   = "token"
)

// For whom `adapter token` signs.
const (
	forMCP     = "mcp"
	forAdapter = "adapter"
)

// Values of CHATKIT_SESSION_MODE.
const (
	sessionSelf   = "self"
	sessionOpenAI = "openai"
)

// config is everything that flags and environment say, checked.
type config struct {
	command  string // empty: serve
	httpAddr string
	user     string // who calls in dev mode without a token

	tokenFor string         // of `adapter token`
	grant    identity.Grant // all but the audience

	store    store.Config
	identity identity.Config
	edge     edge.Settings
	issuers  []identity.Issuer // whose tokens are taken beside our own

	public       string // PUBLIC_URL as it was given
	publicURL    string // our own address and issuer, without a slash at its end
	mcpPublicURL string // the resource: the audience of tool tokens
	mcpURL       string // where the tools are reached

	model    modelChoice
	limits   agent.Limits
	perDay   int // tokens of one user; 0 = no limit
	sessions sessionConfig
	page     pageConfig
	uploads  string // a gocloud.dev/blob URL; empty: a folder in the data folder
	zone     *time.Location

	// tendMemory says that the garbage collector is ours to set up: GOGC and
	// GOMEMLIMIT, where set, are the operator's word.
	tendMemory bool

	// No setting says the rest; tests do.
	writeTimeout time.Duration // of a client that does not read; 0 is edge.WriteTimeout
}

// sessionConfig says who makes the client sessions of ChatKit.
type sessionConfig struct {
	mode       string
	openAIKey  string
	openAIBase string // of OpenAI's API: OPENAI_BASE_URL
	workflow   string
}

// pageConfig is what the page has to know.
type pageConfig struct {
	chatkit   bool
	script    string
	domainKey string
	tokenURL  string
	signInURL string
}

// loadConfig reads flags and environment. It reports all problems at once,
// each with its cure; flag.ErrHelp means that help was asked for and printed.
func loadConfig(args []string, getenv func(string) string, stderr io.Writer) (config, error) {
	var cfg config
	if len(args) > 0 && slices.Contains([]string{commandMigrate, commandToken}, args[0]) {
		cfg.command, args = args[0], args[1:]
	}
	flags := flag.NewFlagSet("adapter", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Usage = func() {} // a mistake is told in a line; help only to who asks for it
	scope := ""
	switch cfg.command {
	case "":
		flags.StringVar(&cfg.httpAddr, "http", "127.0.0.1:8080", "serve on this `address`")
	case commandToken:
		flags.StringVar(&cfg.grant.User, "user", "", "whose token to sign")
		flags.StringVar(&cfg.tokenFor, "for", forMCP, "who is to take it: mcp or adapter")
		flags.StringVar(&scope, "scope", "tasks:read tasks:write", "scopes of a token for mcp")
		flags.DurationVar(&cfg.grant.Life, "ttl", time.Hour, "how long it is good, at most 24h")
	}
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		printUsage(stderr, flags)
		return config{}, err
	}
	problems := []error{err}
	if err == nil && flags.NArg() > 0 {
		problems = append(problems, fmt.Errorf("unknown command %q: there are migrate and token, or none to serve", flags.Arg(0)))
	}
	if cfg.command == commandToken && err == nil {
		problems = append(problems, cfg.checkToken(scope)...)
	}
	problems = append(problems, cfg.readEnv(getenv)...)
	if err := errors.Join(problems...); err != nil {
		return config{}, edge.UsageError{Err: err}
	}
	return cfg, nil
}

func printUsage(w io.Writer, flags *flag.FlagSet) {
	fmt.Fprint(w, `adapter lets people chat with their tasks, over ChatKit and REST.

  adapter [-http ADDRESS]      serve (set AUTH_MODE)
  adapter token -user NAME     print a token, for CI agents and hosts without OAuth
  adapter migrate              bring the database schema up, then exit

`)
	flags.SetOutput(w)
	flags.PrintDefaults()
	fmt.Fprint(w, "\nSettings come from the environment; the README lists them.\n")
}

// checkToken checks the flags of `adapter token`.
func (cfg *config) checkToken(scope string) (problems []error) {
	switch {
	case cfg.grant.User == "":
		problems = append(problems, errors.New("-user is missing: adapter token -user NAME"))
	case !identity.ValidUser(cfg.grant.User):
		problems = append(problems, errors.New("-user: must have 1 to 255 characters, without control characters"))
	}
	if cfg.grant.Life < time.Second || cfg.grant.Life > identity.MaxLife {
		problems = append(problems, fmt.Errorf("-ttl %v: must be from 1s to 24h", cfg.grant.Life))
	}
	switch cfg.tokenFor {
	case forMCP:
		cfg.grant.Scopes = strings.Fields(scope)
		for _, s := range cfg.grant.Scopes {
			if !slices.Contains(toolScopes, s) {
				problems = append(problems, fmt.Errorf("-scope: there is no scope %q; there are tasks:read and tasks:write", s))
			}
		}
	case forAdapter: // which asks for no scope
	default:
		problems = append(problems, fmt.Errorf("-for %q: must be mcp or adapter", cfg.tokenFor))
	}
	return problems
}

// readEnv reads what the command needs of the environment.
func (cfg *config) readEnv(getenv func(string) string) (problems []error) {
	note := func(err error) {
		if err != nil {
			problems = append(problems, err)
		}
	}
	var err error
	cfg.store, err = store.ConfigFromEnv(getenv)
	note(err)
	cfg.edge, err = edge.SettingsFromEnv(getenv)
	note(err)
	cfg.public = getenv("PUBLIC_URL")
	cfg.zone = edge.DefaultZone(getenv)
	cfg.tendMemory = getenv("GOGC") == "" && getenv("GOMEMLIMIT") == ""
	switch cfg.command {
	case commandMigrate:
		return problems
	case commandToken:
		note(cfg.checkDataDir())
		note(cfg.locate("127.0.0.1:8080", getenv))
		return problems
	}
	note(cfg.checkDataDir())
	var identityErr error
	cfg.identity, identityErr = identity.ConfigFromEnv(getenv)
	note(identityErr)
	err = cfg.locate(cfg.httpAddr, getenv)
	note(err)
	switch {
	case identityErr == nil && err == nil:
		note(cfg.trust())
	case getenv("AUTH_MODE") == identity.ModeHS256 && getenv("AUTH_AUDIENCE") == "":
		note(identity.ErrNoAudience) // whatever else is wrong
	}
	if getenv("AUTH_MODE") == identity.ModeDev {
		if cfg.user = edge.DefaultUser(getenv); !identity.ValidUser(cfg.user) {
			note(errors.New("TASKWIRE_USER: must be set, to 1 to 255 characters without control characters: there is no other user (AUTH_MODE=dev)"))
		}
	}
	note(cfg.readChat(getenv))
	return problems
}

// checkDataDir is for those who need the signing key. The store, where it is
// not a file, does without a folder.
func (cfg *config) checkDataDir() error {
	if cfg.store.DataDir == "" && cfg.store.URL != "" {
		return errors.New("there is no home folder for the signing key: set TASKWIRE_DATA to a folder")
	}
	return nil
}

// warnings tells what works, but perhaps not as the operator thinks.
func (cfg *config) warnings(getenv func(string) string) (warnings []string) {
	if tz := getenv("TZ"); tz != "" && cfg.zone == time.UTC && tz != "UTC" && tz != "Etc/UTC" {
		warnings = append(warnings, "TZ is no IANA time zone such as Asia/Karachi: days are those of UTC")
	}
	if lacks := cfg.sessions.missing(); lacks != "" {
		warnings = append(warnings, lacks)
	}
	if cfg.model.demo() {
		warnings = append(warnings, "no model is set up: the built-in demo model answers; set LLM_BASE_URL and LLM_MODEL, XIAOMI_API_KEY or OPENAI_API_KEY")
	}
	return warnings
}
