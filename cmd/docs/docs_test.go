package docs_test

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/restail/restail/cmd/docs"
	"github.com/restail/restail/decode/record"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// birds is a grammar that has each kind of command, argument and flag that
// restail's has.
type birds struct {
	Watch watch    `cmd:"" default:"withargs" help:"Watch the birds; plain birds does the same."`
	Play  play     `cmd:"" help:"Play a recording: [calls], 'songs' and \"cries\"."`
	Shell shell    `cmd:"" help:"Print a script."`
	Help  explain  `cmd:"" help:"Explain: a bird's \"command\"."`
	Nest  struct{} `cmd:"" help:"Do nothing. It says no more."`

	Version bool `help:"Print the version."`
}

type watch struct {
	output
	Reconnect bool   `default:"true" negatable:"" group:"link" help:"Keep the link up (default), or give up at its first loss."`
	Wait      string `default:"1m" placeholder:"DURATION" group:"link" help:"How long to wait."`
}

type play struct {
	Files []string `arg:"" optional:"" name:"file" words:"files" help:"The recordings."`
	output
}

type shell struct {
	Name   string `arg:"" enum:"bash,zsh" help:"Its name."`
	Format string `short:"o" enum:"long,short" default:"short" help:"How long it is."`
}

type explain struct {
	Command string `arg:"" optional:"" words:"commands" help:"The command to explain."`
}

type output struct {
	Format     string   `short:"o" enum:"json,text" default:"json" group:"output" help:"json: one bird a line; text: one for \"people\". More of it."`
	Filter     string   `short:"f" placeholder:"EXPR" group:"output" help:"Runs [a] program: on each $bird, 'quoted' and \\ escaped."`
	FilterFile string   `placeholder:"FILE" words:"files" group:"output" help:"Read the program from a file."`
	Arg        []string `sep:"none" placeholder:"NAME=VALUE" group:"output" help:"Bind a name."`
	Action     string   `short:"a" placeholder:"LIST" words:"actions" group:"output" help:"Actions to write. Default: some."`
	Platform   string   `placeholder:"LIST" words:"platforms" group:"output" help:"Platforms to write."`
	Time       string   `words:"local,utc" default:"local" placeholder:"CLOCK" group:"output" help:"The clock, or a layout such as %H:%M."`
	Quiet      bool     `short:"q" help:"Say nothing."`
}

var groups = []kong.Group{{Key: "output", Title: "What is written:"}, {Key: "link", Title: "The link:"}}

// parser returns kong's parser of the grammar, which writes to w.
func parser(t *testing.T, grammar any, w *bytes.Buffer, options ...kong.Option) *kong.Kong {
	t.Helper()
	k, err := kong.New(grammar, append(options,
		kong.Name("birds"),
		kong.Description("Watch birds from the shell: those of the garden and of the pond, as they come and go all day."),
		kong.Writers(w, w), kong.Exit(func(int) {}), kong.ExplicitGroups(groups),
	)...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func model(t *testing.T) *kong.Application {
	return parser(t, &birds{}, &bytes.Buffer{}).Model
}

// golden compares with a file of testdata, or rewrites it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; -update rewrites it:\n%s", path, got)
	}
}

// find returns the path of a program, "" where it is not installed: what a
// test checks with it is then held by the golden files alone.
func find(t *testing.T, program string) string {
	path, err := exec.LookPath(program)
	if err != nil {
		t.Logf("%s is not installed here: only the text is checked", program)
		return ""
	}
	return path
}

func TestTables(t *testing.T) {
	app := model(t)
	twin := func(flag *kong.Flag) string {
		if flag.Name == "help" || flag.Name == "version" {
			return ""
		}
		return "BIRDS_" + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))
	}
	golden(t, "tables.md", docs.CommandTable(app)+"\n"+docs.FlagTable(app, twin)+"\n"+
		docs.StatusTable([]docs.Item{{Term: "0", Meaning: "done"}, {Term: "2", Meaning: "wrong: `a|b`"}}))
}

func TestFieldTable(t *testing.T) {
	rows := strings.Split(strings.TrimSpace(docs.FieldTable()), "\n")[2:]
	if len(rows) != record.Count {
		t.Fatalf("%d rows for %d fields", len(rows), record.Count)
	}
	for i, want := range map[record.Field]string{
		record.Time:   "| `time` | string, always | every | ",
		record.TypeID: "| `type_id` | number | event | ",
		record.Text:   "| `text` | string, always for event | event, reply_created | ",
		record.Badges: "| `badges` | strings | event | badge titles",
	} {
		if !strings.HasPrefix(rows[i], want) {
			t.Errorf("row %d is %q, not %q…", i, rows[i], want)
		}
	}
}

func TestReplace(t *testing.T) {
	blocks := map[string]string{"a": "| new |\n", "b": "two\nlines"}
	for _, test := range []struct{ name, text, want, err string }{
		{"filled", "x\n<!-- a -->\nold\n\n<!-- /a -->\ny <!-- b -->\n<!-- /b -->\n<!-- c -->\n",
			"x\n<!-- a -->\n| new |\n<!-- /a -->\ny <!-- b -->\ntwo\nlines\n<!-- /b -->\n<!-- c -->\n", ""},
		{"other order", "<!-- b -->\n<!-- /b --><!-- a -->\n<!-- /a -->",
			"<!-- b -->\ntwo\nlines\n<!-- /b --><!-- a -->\n| new |\n<!-- /a -->", ""},
		{"missing", "<!-- a -->\n<!-- /a -->\n", "", `"<!-- b -->"`},
		{"not closed", "<!-- a -->\n<!-- b -->\n<!-- /b -->\n", "", `"<!-- /a -->"`},
		{"closed before", "<!-- /a -->\n<!-- a -->\n<!-- b -->\n<!-- /b -->\n", "", `"<!-- /a -->"`},
		{"opened twice", "<!-- a -->\n<!-- a -->\n<!-- /a -->\n<!-- b -->\n<!-- /b -->\n", "", `"<!-- /a -->"`},
		{"twice", "<!-- a -->\n<!-- /a -->\n<!-- a -->\n<!-- /a -->\n<!-- b -->\n<!-- /b -->\n", "", "twice"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := docs.Replace([]byte(test.text), blocks)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Fatalf("error %v, not one with %s", err, test.err)
				}
				return
			}
			if err != nil || string(got) != test.want {
				t.Fatalf("%v\n%s", err, got)
			}
			again, err := docs.Replace(got, blocks)
			if err != nil || !bytes.Equal(again, got) {
				t.Errorf("filled again, it is something else: %v\n%s", err, again)
			}
		})
	}
}
