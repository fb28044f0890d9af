package docs_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/restail/restail/cmd/docs"
)

func TestMan(t *testing.T) {
	var out bytes.Buffer
	err := docs.Man(&out, model(t), files, docs.Section{Title: "See also", Text: "`ls`(1)"})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "birds.1", out.String())
	checkRoff(t, out.String())
	var fields bytes.Buffer
	if err := docs.Man(&fields, model(t), docs.Fields()); err != nil {
		t.Fatal(err)
	}
	checkRoff(t, fields.String())
}

// macros are those that every man understands.
var macros = regexp.MustCompile(`^\.(TH|SH|SS|TP|PP|br|nh|ad l|fchar \\\[u[0-9A-F]+\] \(U\+[0-9A-F]+\))( "[^"\n]*")*$`)

var bareHyphen = regexp.MustCompile(`(^|[^\\])-`)

// checkRoff checks what would show as something else than what was meant, and
// asks groff where it is installed.
func checkRoff(t *testing.T, page string) {
	t.Helper()
	for i, line := range strings.Split(strings.TrimSuffix(page, "\n"), "\n") {
		switch {
		case line == "", strings.HasPrefix(line, "'"), strings.HasPrefix(line, ".") && !macros.MatchString(line):
			t.Errorf("line %d is no text and no macro: %q", i+1, line)
		case strings.Count(line, `\fB`)+strings.Count(line, `\fI`) != strings.Count(line, `\fR`):
			t.Errorf("line %d leaves a font open: %q", i+1, line)
		case bareHyphen.MatchString(line):
			t.Errorf("line %d has a hyphen that cannot be copied: %q", i+1, line)
		case strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r > '~' }):
			t.Errorf("line %d is not ASCII: %q", i+1, line)
		}
	}
	path := filepath.Join(t.TempDir(), "birds.1")
	if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
	if groff := find(t, "groff"); groff != "" {
		if said := run(t, t.TempDir(), groff, "-man", "-ww", "-z", path); said != "" {
			t.Errorf("groff: %s", said)
		}
	}
}
