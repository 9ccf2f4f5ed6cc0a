package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"taskwire/edge"
	"taskwire/identity"
	"taskwire/store"
)

// config is everything that flags and environment say, checked.
type config struct {
	migrate  bool   // bring the schema up and exit
	httpAddr string // empty: stdio
	user     string // who calls over stdio, and in dev mode without a token

	readOnly  bool
	tools     []string
	stateless bool

	store     store.Config
	identity  identity.Config
	edge      edge.Settings
	issuers   []identity.Issuer
	authority string   // authorization server named in the metadata
	public    string   // MCP_PUBLIC_URL as it was given
	publicURL *url.URL // the resource: what hosts connect to, and the audience of tokens
	zone      *time.Location
}

// loadConfig reads flags and environment. It reports all problems at once,
// each with its cure; flag.ErrHelp means that help was asked for and printed.
func loadConfig(args []string, getenv func(string) string, stderr io.Writer) (config, error) {
	var cfg config
	flags := flag.NewFlagSet("mcpserver", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&cfg.user, "user", "", "over stdio: whose tasks to serve (default: TASKWIRE_USER, else the operating system's user)")
	flags.StringVar(&cfg.httpAddr, "http", "", "serve streamable HTTP on this `address` instead of stdio, for example 127.0.0.1:8081")
	flags.BoolVar(&cfg.readOnly, "read-only", false, "offer only the tools that read")
	tools := flags.String("tools", "", "offer only these tools, for example `list_tasks,get_task`")
	flags.BoolVar(&cfg.stateless, "stateless", false, "over HTTP: serve hosts of the older protocol era without sessions too")
	flags.Usage = func() {} // a mistake is told in a line; help only to who asks for it

	if len(args) > 0 && args[0] == "migrate" {
		cfg.migrate, args = true, args[1:]
	}
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		printUsage(stderr, flags)
		return config{}, err
	}
	problems := []error{err}
	if err == nil && flags.NArg() > 0 {
		problems = append(problems, fmt.Errorf("unknown command %q: there is migrate, or none to serve", flags.Arg(0)))
	}
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if given["tools"] {
		cfg.tools, err = toolNames(*tools)
		problems = append(problems, err)
	}
	problems = append(problems, cfg.readEnv(getenv)...)
	if cfg.stateless && cfg.httpAddr == "" {
		problems = append(problems, errors.New("-stateless goes with -http: leave it out over stdio"))
	}
	if given["user"] && cfg.httpAddr != "" && getenv("AUTH_MODE") != identity.ModeDev {
		problems = append(problems, errors.New("-user is for stdio and AUTH_MODE=dev: over HTTP the token says who calls"))
	}
	if err := errors.Join(problems...); err != nil {
		return config{}, edge.UsageError{Err: err}
	}
	return cfg, nil
}

func printUsage(w io.Writer, flags *flag.FlagSet) {
	fmt.Fprint(w, `mcpserver keeps a person's tasks for their AI tools, as an MCP server.

  mcpserver                  serve MCP over stdio, for one user
  mcpserver -http ADDRESS    serve MCP over HTTP at /mcp (set AUTH_MODE)
  mcpserver migrate          bring the database schema up, then exit

`)
	flags.SetOutput(w)
	flags.PrintDefaults()
	fmt.Fprint(w, "\nSettings come from the environment; the README lists them.\n")
}

// toolNames splits the value of -tools. An empty value, as of a variable that is
// not set, must not offer everything.
func toolNames(list string) ([]string, error) {
	var all, names []string
	for _, t := range allTools() {
		all = append(all, t.name)
	}
	var errs []error
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		if !slices.Contains(all, name) {
			errs = append(errs, fmt.Errorf("-tools: there is no tool %q; there are %s", name, strings.Join(all, ", ")))
			continue
		}
		names = append(names, name)
	}
	return names, errors.Join(errs...)
}

// readEnv reads the environment. What only HTTP needs is read only for HTTP:
// over stdio no setting is needed, so none may stand in the way.
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
	cfg.zone = edge.DefaultZone(getenv)
	if cfg.migrate {
		return problems
	}
	if cfg.user == "" {
		cfg.user = edge.DefaultUser(getenv)
	}
	if cfg.httpAddr != "" {
		cfg.public = getenv("MCP_PUBLIC_URL")
		var identityErr error
		cfg.identity, identityErr = identity.ConfigFromEnv(getenv)
		note(identityErr)
		err = cfg.locate(cfg.httpAddr, getenv("AUTH_MODE"))
		note(err)
		if identityErr == nil && err == nil {
			note(cfg.trust())
		}
	}
	if cfg.httpAddr == "" || cfg.identity.Mode == identity.ModeDev {
		note(checkUser(cfg.user))
	}
	return problems
}

// checkUser asks of a name what is asked of a token's sub.
func checkUser(name string) error {
	if name == "" {
		return errors.New("there is no user: start with -user NAME, or set TASKWIRE_USER")
	}
	if !printable(name) || strings.TrimSpace(name) == "" {
		return errors.New("the user (-user, TASKWIRE_USER): must have 1 to 255 printable characters")
	}
	return nil
}

// settle fixes the resource's own URL for a listener, and whose tokens are taken.
func (cfg *config) settle(addr string) error {
	if err := cfg.locate(addr, cfg.identity.Mode); err != nil {
		return err
	}
	return cfg.trust()
}

// locate fixes the resource's own URL for a listener.
func (cfg *config) locate(addr, mode string) error {
	host, port, err := net.SplitHostPort(addr)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	loopback := edge.IsLoopbackAddr(host)
	var problem error // of the address; the URL may have one too
	switch {
	case err != nil:
		problem = fmt.Errorf("-http %q: give host and port, for example 127.0.0.1:8081", addr)
	case mode == identity.ModeDev && !loopback:
		problem = fmt.Errorf("AUTH_MODE=dev serves this machine only, and -http %s does not: use -http 127.0.0.1:8081, or AUTH_MODE=jwks", addr)
	}
	public := cfg.public
	if public == "" {
		switch {
		case problem != nil:
			return problem
		case !loopback:
			return errors.New("MCP_PUBLIC_URL is not set: on a listener that is not loopback it must be the URL that hosts connect to, such as https://tasks.example.com/mcp")
		}
		public = "http://" + addr + "/mcp"
	}
	u, err := url.Parse(public)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" ||
		u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return errors.Join(problem, errors.New("MCP_PUBLIC_URL: must be the URL that hosts connect to, without user, query and fragment, such as https://tasks.example.com/mcp"))
	}
	cfg.publicURL = u
	return problem
}

// trust settles whose tokens are taken.
func (cfg *config) trust() (err error) {
	cfg.issuers, cfg.authority, err = cfg.identity.ForMCP(cfg.publicURL.String())
	return err
}

// warnings tells what works, but perhaps not as the operator thinks.
func (cfg *config) warnings(getenv func(string) string) (warnings []string) {
	if tz := getenv("TZ"); tz != "" && cfg.zone == time.UTC && tz != "UTC" && tz != "Etc/UTC" {
		warnings = append(warnings, "TZ is no IANA time zone such as Asia/Karachi: days are those of UTC")
	}
	if u := cfg.publicURL; u != nil && u.Scheme == "http" && !edge.IsLoopbackAddr(u.Host) {
		warnings = append(warnings, "MCP_PUBLIC_URL is http on a public host: access tokens cross the network in the clear")
	}
	return warnings
}
