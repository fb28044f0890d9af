package cmd

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/restail/restail"

// allowedImports are the packages of this module that each package may import. They
// follow the flow of a frame. A package that is not listed fails the test.
var allowedImports = map[string][]string{
	".":               {"cmd"},
	"cmd":             {"cmd/auth", "cmd/auth/redact", "cmd/docs", "cmd/endpoint", "cmd/history", "cmd/recording", "cmd/serve", "cmd/session", "decode", "decode/record", "filter", "format", "format/safe"},
	"cmd/auth":        {"cmd/auth/redact", "cmd/endpoint"},
	"cmd/auth/redact": {},
	"cmd/docs":        {"decode", "decode/record"},
	"cmd/endpoint":    {},
	"cmd/history":     {"cmd/endpoint", "cmd/recording", "decode/record"},
	"cmd/recording":   {"decode", "decode/record", "decode/scan"},
	"cmd/serve":       {"cmd/endpoint", "cmd/recording", "decode", "decode/record"},
	"cmd/session":     {"cmd/endpoint", "cmd/recording", "decode", "decode/record"},
	"decode":          {"decode/record", "decode/scan"},
	"decode/record":   {},
	"decode/scan":     {},
	"filter":          {"decode/record"},
	"format":          {"decode/record", "format/safe"},
	"format/safe":     {},
}

// importers are the only packages that may import a library. Nothing imports templates:
// they call methods by name, and that would force the linker to keep every exported
// method.
var importers = map[string][]string{
	"text/template":                 {},
	"html/template":                 {},
	"github.com/alecthomas/kong":    {"cmd", "cmd/docs"},
	"github.com/itchyny/gojq":       {"filter"},
	"github.com/coder/websocket":    {"cmd/session", "cmd/serve"},
	"github.com/itchyny/timefmt-go": {"cmd/recording", "format"},
}

// mainOnly are the names that only main may use.
var mainOnly = []string{
	"os.Stdin", "os.Stdout", "os.Stderr", "os.Exit", "os.Args", "os.Getenv", "os.LookupEnv", "os.Environ",
	"log.Print", "log.Printf", "log.Println", "log.Fatal", "log.Fatalf", "http.DefaultClient", "http.DefaultTransport",
}

// Packages import each other along the flow, and only main uses the real environment.
func TestImports(t *testing.T) {
	t.Chdir("..")
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (path == "scripts" || strings.HasPrefix(entry.Name(), ".") && path != "." || entry.Name() == "testdata") {
			return fs.SkipDir
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			checkImports(t, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkImports(t *testing.T, path string) {
	pkg := filepath.ToSlash(filepath.Dir(path))
	allowed, known := allowedImports[pkg]
	if !known {
		t.Errorf("%s: package is missing in allowedImports", pkg)
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if of, ok := selector.X.(*ast.Ident); ok && pkg != "." && slices.Contains(mainOnly, of.Name+"."+selector.Sel.Name) {
			t.Errorf("%s uses %s.%s, which belongs to main", path, of.Name, selector.Sel.Name)
		}
		return true
	})
	for _, spec := range file.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if own, ok := strings.CutPrefix(name, module+"/"); ok && !slices.Contains(allowed, own) {
			t.Errorf("%s must not import %s", path, own)
		}
		if pkgs, ok := importers[name]; ok && !slices.Contains(pkgs, pkg) {
			t.Errorf("%s imports %s, which belongs to %v", path, name, pkgs)
		}
	}
}
