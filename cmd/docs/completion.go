package docs

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// Completion writes the completion script of a shell: bash, zsh or fish. The
// script stands alone: it needs no other package and never runs the program.
//
// It is our own because kongplete and kong-completion run the program at every
// Tab, and complete neither lists nor --no-… nor meanings.
func Completion(w io.Writer, app *kong.Application, shell string) error {
	script := map[string]func(*kong.Application) string{
		"bash": bashScript, "zsh": zshScript, "fish": fishScript,
	}[shell]
	if script == nil {
		return fmt.Errorf("unknown shell %q: want bash, zsh or fish", shell)
	}
	_, err := io.WriteString(w, script(app))
	return err
}

// usedTables returns the names of the lists that some flag needs.
func usedTables(app *kong.Application) []string {
	used := map[string]bool{}
	for _, flag := range uses(app) {
		used[choicesOf(app, flag.Value).table] = true
	}
	return slices.DeleteFunc(slices.Clone(tables), func(name string) bool { return !used[name] })
}

// fold joins words with blank, or with lineBreak where a line would become longer
// than 80 characters.
func fold(words []string, blank, lineBreak string) string {
	var out strings.Builder
	column := 0
	for i, word := range words {
		switch {
		case i == 0:
		case column+len(word) > 80:
			out.WriteString(lineBreak)
			column = len(lineBreak)
		default:
			out.WriteString(blank)
			column += len(blank)
		}
		out.WriteString(word)
		column += len(word)
	}
	return out.String()
}

// quote puts single quotes around a word of bash or zsh.
func quote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
