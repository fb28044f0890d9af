package docs

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// Completion writes the completion script of a shell: bash, zsh or fish. The script
// needs no other package and never runs the program.
//
// The package does not use kongplete or kong-completion: they run the program at
// every Tab, complete neither lists nor --no-…, and show no meanings.
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

// usedLists returns the names of the lists that some flag needs.
func usedLists(app *kong.Application) []string {
	used := map[string]bool{}
	for _, flag := range flagUses(app) {
		used[choicesOf(app, flag.Value).list] = true
	}
	return slices.DeleteFunc(slices.Clone(listNames), func(name string) bool { return !used[name] })
}

// fold joins words with blank, or with lineBreak where the line would be longer than
// 80 characters.
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
