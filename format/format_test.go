package format

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// TestFormatsAreListed checks that Formats has every type with a Record method,
// under a name of its own.
func TestFormatsAreListed(t *testing.T) {
	listed, names := map[string]bool{}, map[string]bool{}
	for _, f := range Formats {
		listed[regexp.MustCompile(`\w+$`).FindString(fmt.Sprintf("%T", f.New(Options{})))] = true
		if f.Name == "" || f.Meaning == "" || names[f.Name] {
			t.Errorf("%+v is incomplete, or a second one", f)
		}
		names[f.Name] = true
	}
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range sources {
		text, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range regexp.MustCompile(`func \(.*?(\w+)\) Record\(`).FindAllSubmatch(text, -1) {
			if !listed[string(found[1])] {
				t.Errorf("%s: Formats does not list %s", source, found[1])
			}
		}
	}
}
