package cmd

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/restail/restail/format"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// A transcript is a session at a shell prompt, run in this process:
//
//	# a comment
//	$ NAME=value restail replay -o text -   arguments, quoted as in a shell
//	< a line of stdin
//	a line of stdout
//	2> a line of stderr
//	? 2                                     the exit status, unless it is 0
//
// It runs in testdata. The environment is what stands before restail.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/transcripts/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	t.Chdir("testdata")
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			file = strings.TrimPrefix(file, "testdata/")
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(text))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != string(text) {
				t.Errorf("%s differs; -update rewrites it:\n%s", file, firstDifference(string(text), got))
			}
		})
	}
}

// play runs the commands of a transcript and returns it with their output.
func play(t *testing.T, text string) string {
	var out strings.Builder
	lines := strings.SplitAfter(text, "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		if !strings.HasPrefix(line, "$ ") {
			if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
				out.WriteString(line)
			}
			continue
		}
		out.WriteString(line)
		var stdin strings.Builder
		for ; i+1 < len(lines) && strings.HasPrefix(lines[i+1], "< "); i++ {
			out.WriteString(lines[i+1])
			stdin.WriteString(lines[i+1][len("< "):])
		}
		out.WriteString(runLine(t, line[len("$ "):], stdin.String()))
	}
	return out.String()
}

// runLine runs one command line and returns its output as a transcript.
func runLine(t *testing.T, line, stdin string) string {
	t.Helper()
	var environ []string
	args := splitShell(t, strings.TrimSpace(line))
	for len(args) > 0 && args[0] != "restail" {
		environ = append(environ, args[0])
		args = args[1:]
	}
	if len(args) == 0 {
		t.Fatalf("no restail in %q", line)
	}
	var stdout, stderr bytes.Buffer
	status := Run(t.Context(), args[1:], Env{
		Stdin: strings.NewReader(stdin), Stdout: &stdout, Stderr: &stderr, Environ: environ,
	})
	var out strings.Builder
	out.Write(stdout.Bytes())
	if stdout.Len() > 0 && !bytes.HasSuffix(stdout.Bytes(), []byte("\n")) {
		t.Errorf("%s: the last line of stdout is not whole", line)
		out.WriteString("\n")
	}
	for line := range strings.Lines(stderr.String()) {
		out.WriteString("2> " + line)
	}
	if status != 0 {
		fmt.Fprintf(&out, "? %d\n", status)
	}
	return out.String()
}

// splitShell splits a command line at spaces outside of single and double quotes. A
// backslash is an ordinary character.
func splitShell(t *testing.T, line string) []string {
	t.Helper()
	var args []string
	var word strings.Builder
	quote, inWord := rune(0), false
	for _, c := range line {
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '\'' || c == '"'):
			quote, inWord = c, true
		case quote == 0 && c == ' ':
			if inWord {
				args = append(args, word.String())
				word.Reset()
			}
			inWord = false
		default:
			word.WriteRune(c)
			inWord = true
		}
	}
	if quote != 0 {
		t.Fatalf("missing closing quote in %q", line)
	}
	if inWord {
		args = append(args, word.String())
	}
	return args
}

// firstDifference returns the first line in which two texts differ.
func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := 0; i < len(w) || i < len(g); i++ {
		a, b := "(end)", "(end)"
		if i < len(w) {
			a = w[i]
		}
		if i < len(g) {
			b = g[i]
		}
		if a != b {
			return fmt.Sprintf("line %d\nwant %s\ngot  %s", i+1, a, b)
		}
	}
	return "only in line breaks"
}

// A transcript shows the same recording in every format.
func TestTranscriptHasEveryFormat(t *testing.T) {
	text, err := os.ReadFile("testdata/transcripts/formats.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range format.Formats {
		if f.Name != format.Formats[0].Name && !strings.Contains(string(text), "-o "+f.Name+" ") { // the first is the default
			t.Errorf("testdata/transcripts/formats.txt has no command with -o %s", f.Name)
		}
	}
}
