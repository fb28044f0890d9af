// Command mutate changes a package in small ways, one at a time, and runs its tests after
// each change: it replaces an operator or a constant, negates a condition, removes a
// statement. It prints the changes that no test notices. A person must judge them, since
// some do not change what the program does. All this happens in a copy of the module.
//
//	go run ./scripts/mutate [-mutants N] [-seconds N] [-seed N] [-also PACKAGES] PACKAGE…
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

var (
	mutants = flag.Int("mutants", 25, "how many changes to try in each package, not counting those that do not compile")
	seconds = flag.Int("seconds", 600, "stop trying changes of a package after this long")
	seed    = flag.Uint64("seed", 1, "seed of the random choice of changes")
	also    = flag.String("also", "", "run the tests of these packages, too; separated by commas, such as ./cmd,./format")
)

func main() {
	flag.Parse()
	if err := run(flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

func run(packages []string) error {
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return fmt.Errorf("no module: %w", err)
	}
	copied, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return err
	}
	defer os.RemoveAll(copied)
	if err := copyTree(copied, strings.TrimSpace(string(root))); err != nil {
		return err
	}
	for _, name := range packages {
		if err := mutate(copied, name); err != nil {
			return err
		}
	}
	return nil
}

// copyTree copies a folder and everything in it but .git.
func copyTree(to, from string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		below, relErr := filepath.Rel(from, path)
		switch {
		case err != nil || relErr != nil:
			return errors.Join(err, relErr)
		case entry.Name() == ".git" && entry.IsDir():
			return fs.SkipDir
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(to, below), 0o777)
		case !entry.Type().IsRegular():
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, below), data, info.Mode().Perm())
	})
}

// A mutant is a change of a file: text replaces the bytes from from up to to.
type mutant struct {
	file     string
	line     int
	from, to int
	text     string
}

// mutate tries random changes of a package and prints those that no test notices.
func mutate(root, name string) error {
	files, err := filepath.Glob(filepath.Join(root, name, "*.go"))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("no Go files in %s", name)
	}
	var all []mutant
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		found, err := mutantsOf(file)
		if err != nil {
			return err
		}
		all = append(all, found...)
	}
	random := rand.New(rand.NewPCG(*seed, 0))
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	if verdict, out := runTests(root, name); verdict != survived {
		return fmt.Errorf("the tests of %s fail without a change:\n%s", name, out)
	}
	counts := map[verdict]int{}
	end := time.Now().Add(time.Duration(*seconds) * time.Second)
	for len(all) > 0 && counts[killed]+counts[survived] < *mutants && time.Now().Before(end) {
		m := all[0]
		all = all[1:]
		verdict, err := m.try(root, name)
		if err != nil {
			return err
		}
		counts[verdict]++
	}
	fmt.Printf("%s: %d of %d changes unnoticed (%d more do not compile, %d are left)\n",
		name, counts[survived], counts[survived]+counts[killed], counts[invalid], len(all))
	return nil
}

// A verdict says whether the tests noticed a change.
type verdict int

const (
	survived verdict = iota // all tests passed
	killed                  // a test failed
	invalid                 // it did not compile
)

// try makes the change, runs the tests, and undoes the change.
func (m mutant) try(root, name string) (verdict, error) {
	before, err := os.ReadFile(m.file)
	if err != nil {
		return 0, err
	}
	after := slices.Concat(before[:m.from], []byte(m.text), before[m.to:])
	if err := os.WriteFile(m.file, after, 0o666); err != nil {
		return 0, err
	}
	result, _ := runTests(root, name)
	if result == survived {
		relative, _ := filepath.Rel(root, m.file)
		fmt.Printf("%s:%d: %s -> %s\n", relative, m.line, oneLine(before[m.from:m.to]), oneLine([]byte(m.text)))
	}
	return result, os.WriteFile(m.file, before, 0o666)
}

func oneLine(text []byte) string {
	return strconv.Quote(strings.Join(strings.Fields(string(text)), " "))
}

// runTests runs the tests of a package and returns what go test printed. A test that
// hangs has failed.
func runTests(root, name string) (verdict, string) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	packages := []string{"./" + name}
	if *also != "" {
		packages = append(packages, strings.Split(*also, ",")...)
	}
	command := exec.CommandContext(ctx, "go", slices.Concat([]string{"test", "-count=1", "-failfast", "-vet=off", "-timeout=2m"}, packages)...)
	command.Dir = root
	command.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false")
	out, err := command.CombinedOutput()
	switch {
	case err == nil:
		return survived, ""
	case strings.Contains(string(out), "[build failed]"):
		return invalid, string(out)
	}
	return killed, string(out)
}

// replacements are the operators and statements that are replaced, and by what.
var replacements = map[token.Token]string{
	token.EQL: "!=", token.NEQ: "==", token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">",
	token.LAND: "||", token.LOR: "&&", token.ADD: "-", token.SUB: "+", token.BREAK: "continue", token.CONTINUE: "break",
}

// mutantsOf returns all changes to try in a file.
func mutantsOf(name string) ([]mutant, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, text, 0)
	if err != nil {
		return nil, err
	}
	var all []mutant
	add := func(from, to token.Pos, text string) {
		at := set.Position(from)
		all = append(all, mutant{name, at.Line, at.Offset, set.Position(to).Offset, text})
	}
	ast.Inspect(file, func(node ast.Node) bool {
		switch n := node.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.BinaryExpr:
			if other, ok := replacements[n.Op]; ok {
				add(n.OpPos, n.OpPos+token.Pos(len(n.Op.String())), other)
			}
		case *ast.BranchStmt:
			if other, ok := replacements[n.Tok]; ok {
				add(n.TokPos, n.TokPos+token.Pos(len(n.Tok.String())), other)
			}
		case *ast.IfStmt:
			from, to := set.Position(n.Cond.Pos()).Offset, set.Position(n.Cond.End()).Offset
			add(n.Cond.Pos(), n.Cond.End(), "!("+string(text[from:to])+")")
		case *ast.BasicLit:
			if value, err := strconv.ParseInt(n.Value, 0, 32); err == nil && n.Kind == token.INT {
				add(n.Pos(), n.End(), strconv.FormatInt(value+1, 10))
			}
		case *ast.Ident:
			if other := map[string]string{"true": "false", "false": "true"}[n.Name]; other != "" {
				add(n.Pos(), n.End(), other)
			}
		case *ast.ExprStmt, *ast.IncDecStmt, *ast.DeferStmt, *ast.GoStmt:
			add(n.Pos(), n.End(), "")
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				add(n.Pos(), n.End(), "")
			}
		}
		return true
	})
	return all, nil
}
