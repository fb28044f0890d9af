package cmd

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strconv"

	"github.com/alecthomas/kong"

	"github.com/restail/restail/cmd/docs"
	"github.com/restail/restail/decode/record"
)

// helpExamples is how many of the examples help shows; the manual page shows all.
const helpExamples = 2

// examples are command lines to start from.
var examples = []docs.Item{
	{Term: "restail demo -o text", Meaning: "Watch the built-in show."},
	{Term: "restail -o text -p twitch,youtube", Meaning: "Watch the chats of two platforms."},
	{Term: "restail -f .is_first -o text", Meaning: "Meet first-time chatters."},
	{Term: "restail -a event --fields time,platform,author,text", Meaning: "Write what a script needs, and no more."},
	{Term: "restail -o text -f 'select(.amount) | [.author, .amount, .currency] | @csv'", Meaning: "Keep a table of donations."},
	{Term: "restail -o raw > show.raw", Meaning: "Record a broadcast; `restail replay show.raw` runs it again through any format and filter."},
	{Term: "restail connections || echo 'not everything is connected'", Meaning: "Check the connections before going live."},
}

// helpCommand prints help, as --help does, or a topic.
type helpCommand struct {
	Name string `arg:"" optional:"" name:"command|topic" words:"commands,record,filters,recordings,gaps,statuses,environment" help:"The command or topic to explain."`
}

// Run prints the help of the command, the topic, or the help of the program.
func (c *helpCommand) Run(r *run) error {
	if t := topicNamed(c.Name); t != nil {
		return r.explain(t)
	}
	args := []string{"--help"}
	if c.Name != "" {
		args = []string{c.Name, "--help"}
	}
	parsed, _, err := parse(args, r.Env, new(configuration))
	if err != nil {
		return err
	}
	return writeError(parsed.PrintUsage(false))
}

// topicAsked returns the topic that the command line asks for, nil when it asks
// for none. Like the help of a command, a topic is printed whatever the
// configuration says.
func topicAsked(args []string) (*topic, error) {
	if len(args) < 2 || args[0] != "help" || isFlag(args[1]) {
		return nil, nil
	}
	t := topicNamed(args[1])
	if t == nil && nearest(args[1], topicNames()) != "" {
		return nil, usageError(unknownError("topic", args[1], topicNames(), ""), "")
	}
	for _, more := range args[2:] {
		if t != nil && !isHelpFlag(more) {
			return nil, usageError(fmt.Errorf("unexpected argument %q: help explains one topic", more), "see restail help "+t.name)
		}
	}
	return t, nil
}

func isHelpFlag(arg string) bool { return arg == "-h" || arg == "--help" }

// explain prints a topic.
func (r *run) explain(t *topic) error {
	_, err := io.WriteString(r.Stdout, docs.Topic(t.section(), r.columns()))
	return writeError(err)
}

// help returns what prints help in env.
func help(env Env) docs.Help {
	return docs.Help{
		Examples: examples[:helpExamples],
		More:     "See also restail COMMAND --help, restail man, and restail help with a topic: " + joinOr(topicNames()) + ".",
		Flags:    flagsElsewhere,
		Width:    env.columns,
	}
}

// flagsElsewhere says where else the flags of a command can be set.
func flagsElsewhere(command *kong.Node) string {
	for _, flag := range command.Flags {
		if !commandLineOnly[flag.Name] {
			return "Long flags can also be set in the environment, as " + envName(flag.Name) + " for --" + flag.Name + ", and in ~/.config/restail/config.json."
		}
	}
	return ""
}

// version, commit and date are set by the linker in a release. A build from a
// checkout finds them in the module's build information.
var version, commit, date string

// versionCommand prints the version, as --version does.
type versionCommand struct{}

// Run prints the version line.
func (c *versionCommand) Run(r *run) error {
	_, err := io.WriteString(wholeLines{r.Stdout}, versionLine())
	return writeError(err)
}

// versionLine returns what --version prints: version, commit, date and platform.
func versionLine() string {
	c, d := commit, date
	if info, ok := debug.ReadBuildInfo(); ok && version == "" {
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				c = s.Value[:min(12, len(s.Value))]
			case "vcs.time":
				d = s.Value
			}
		}
	}
	return fmt.Sprintf("restail %s (commit %s, %s) %s %s/%s\n",
		versionName(), cmp.Or(c, "unknown"), cmp.Or(d, "date unknown"), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// userAgent returns the User-Agent of every request.
func userAgent() string { return "restail/" + versionName() }

// versionName returns the release, or else the module's version, or else devel.
func versionName() string {
	if info, ok := debug.ReadBuildInfo(); version == "" && ok && info.Main.Version != "(devel)" {
		return cmp.Or(info.Main.Version, "devel")
	}
	return cmp.Or(version, "devel")
}

// fieldsCommand lists the record's fields.
type fieldsCommand struct {
	JSONSchema bool `help:"Print a JSON Schema (2020-12) that every ndjson record validates against."`
}

// Run prints the table, or the schema.
func (c *fieldsCommand) Run(r *run) error {
	out := bufio.NewWriter(wholeLines{r.Stdout}) // keeps the first error for its Flush
	if c.JSONSchema {
		printSchema(out)
	} else {
		out.WriteString(docs.FieldText(r.columns()))
	}
	return writeError(out.Flush())
}

// printSchema prints the JSON Schema of the record.
func printSchema(out io.Writer) {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	encoder.Encode(recordSchema())
}

// columns returns COLUMNS, or else the width of the terminal. It returns 0 if stdout
// is not a terminal, so that grep finds whole lines.
func (e Env) columns() int {
	width, _ := strconv.Atoi(e.getenv("COLUMNS"))
	if onTerminal := terminalWidth(e.Stdout); width <= 0 && onTerminal != nil {
		width = onTerminal()
	}
	return width
}

// schema is the part of JSON Schema that a flat record needs, in the order in which
// it is printed.
type schema struct {
	Schema      string            `json:"$schema,omitempty"`
	Title       string            `json:"title,omitempty"`
	Description string            `json:"description,omitempty"`
	Type        string            `json:"type,omitempty"`
	Format      string            `json:"format,omitempty"`
	Const       string            `json:"const,omitempty"`
	MinLength   int               `json:"minLength,omitempty"`
	Items       *schema           `json:"items,omitempty"`
	MinItems    int               `json:"minItems,omitempty"`
	Properties  map[string]schema `json:"properties,omitempty"`
	Required    []string          `json:"required,omitempty"`
	If          *schema           `json:"if,omitempty"`
	Then        *schema           `json:"then,omitempty"`
	// AdditionalProperties accepts fields of later versions, but no objects.
	AdditionalProperties *struct {
		Type []string `json:"type"`
	} `json:"additionalProperties,omitempty"`
}

// recordSchema builds the schema from the record's table of fields.
func recordSchema() schema {
	s := schema{
		Schema:      "https://json-schema.org/draft/2020-12/schema",
		Title:       "restail record",
		Description: "One action of a Restream chat, flattened. Fields are never removed or renamed.",
		Type:        "object",
		Properties:  map[string]schema{},
		If:          &schema{Properties: map[string]schema{"action": {Const: "event"}}},
		Then:        &schema{},
	}
	s.AdditionalProperties = &struct {
		Type []string `json:"type"`
	}{[]string{"string", "number", "boolean", "array"}}
	for f, field := range record.Fields {
		s.Properties[field.Name] = fieldSchema(record.Field(f), field)
		switch field.Always {
		case "every":
			s.Required = append(s.Required, field.Name)
		case "event":
			s.Then.Required = append(s.Then.Required, field.Name)
		}
	}
	return s
}

// fieldSchema returns the schema of one field. A string has a minimum length, because
// a record omits an empty one, unless every event has the field.
func fieldSchema(f record.Field, d record.Definition) schema {
	s := schema{Description: d.Meaning}
	switch d.Kind {
	case record.Number:
		s.Type = "number"
	case record.Bool:
		s.Type = "boolean"
	case record.Strings:
		s.Type, s.Items, s.MinItems = "array", &schema{Type: "string"}, 1
	default:
		s.Type = "string"
		if d.Always != "event" {
			s.MinLength = 1
		}
	}
	if f == record.Time {
		s.Format = "date-time"
	}
	return s
}

// completionCommand prints a shell's completion script.
type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish. The script begins with how to install it."`
}

// Run writes the script of the grammar.
func (c *completionCommand) Run(r *run) error {
	model, err := r.model()
	if err != nil {
		return err
	}
	return writeError(docs.Completion(r.Stdout, model, c.Shell))
}

// manCommand prints the manual page.
type manCommand struct{}

// Run writes the page: what the grammar knows, then the topics and examples.
func (c *manCommand) Run(r *run) error {
	model, err := r.model()
	if err != nil {
		return err
	}
	var sections []docs.Section
	for _, t := range topics {
		sections = append(sections, t.section())
	}
	return writeError(docs.Man(r.Stdout, model, append(sections,
		docs.Section{Title: "Examples", Items: examples},
		docs.Section{Title: "See also", Text: "`jq`(1), whose language the filters are written in; `tail`(1), `journalctl`(1)"},
	)...))
}
