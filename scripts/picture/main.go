// Command picture draws what restail's text format looks like: lines of the built-in
// show, as an SVG of a terminal. scripts/picture.sh writes it to where the README shows
// it.
package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/clipperhouse/displaywidth"

	"github.com/restail/restail/cmd"
)

// screens are commands, each with regular expressions that pick what is shown of its
// output: the first line that matches after the line before. They have every platform,
// action, event type and mark of the show.
var screens = []struct {
	command string
	picks   []string
}{
	{"restail demo -o text --time utc", []string{
		"Hello from a very rainy evening", `\[first message\]`, "lotteGoat lotteGoat", "Synth Sloth", `\(no name\): Same`,
		"привет из Trovo", "Hi from the page side", `:r\+goat:`, `\[reply to Gearbert\]`, "up in the attic", " writes down",
		`\[emoji\]`, "♛✓ Lotte's Workbench: Okay", `\[sticker\]`, "⚙  Restream: ", "Is the page back", "reply .* failed: connection_in_error_state", "שלום", "سهرة",
		`\[private whisper\]`, "whole family", "YOUR TERMINAL IS MINE", "relay .* failed: discord_rate_limit", `\[super chat`, `\[super sticker`,
		"14 months", `\[gifted 5 subscriptions`, `\[new member,`, `\[gifted 5 memberships`, `\[new member by a gift`,
		`\[member for 61 months`, "all singing in one barn",
	}},
	{"restail demo -o text --time none -a all -p youtube,kick,rumble", []string{
		"link connected", "lotteworkbench connecting", "heartbeat", "lotteworkbench connected", "closed: superseded",
		"The nest is a tax return", "reply .* accepted", "reply .* confirmed", "LottesWorkbench error",
		"^youtube .* relay of .* accepted", "^youtube .* relay of .* confirmed",
	}},
}

// The terminal: columns, pixels, and colours. restail's palette is made to be read on
// black.
const (
	columns     = 110
	columnWidth = 8.4
	rowHeight   = 19
	margin      = 16
	pageWidth   = columns*columnWidth + 2*margin

	paper     = "#010409"
	ink       = "#e6edf3"
	fadingInk = "#8b949e"

	description = `Lines of restail's built-in show, picked so that every kind of line is there. Each has the clock, ` +
		`the platform and where needed its channel, a mark for its kind, marks for the author, the author's name in a colour, ` +
		`what is special about the message in brackets, and the message.`
)

var (
	// style matches an escape sequence that changes the style.
	style = regexp.MustCompile(`\x1b\[([0-9;]+)m`)
	// piece matches what is drawn in one piece: words of letters that are about as wide
	// as each other, words from right to left with what is between them, or a single
	// word of anything else, which is fitted into its columns.
	piece = regexp.MustCompile(`[!-~\p{Latin}\p{Cyrillic}]+( [!-~\p{Latin}\p{Cyrillic}]+)*` +
		`|[\p{Hebrew}\p{Arabic}]+([ !-@]+[\p{Hebrew}\p{Arabic}]+)*[!?.]*|[^ !-~\p{Latin}\p{Cyrillic}\p{Hebrew}\p{Arabic}]+`)
	letters = regexp.MustCompile(`^[!-~\p{Latin}\p{Cyrillic}]`)
)

func main() {
	var body bytes.Buffer
	rows := 0
	for _, s := range screens {
		lines, err := run(s.command)
		if err != nil {
			fmt.Fprintln(os.Stderr, "picture:", err)
			os.Exit(1)
		}
		if rows > 0 {
			rows++
		}
		rows += draw(&body, rows, "\x1b[2m$\x1b[0m \x1b[1m"+s.command+"\x1b[0m")
		for _, line := range pick(lines, s.picks) {
			rows += draw(&body, rows, line)
		}
	}
	height := rows*rowHeight + 2*margin
	fmt.Printf(`<svg xmlns="http://www.w3.org/2000/svg" width="%[1]g" height="%[2]d" viewBox="0 0 %[1]g %[2]d"`+
		` role="img" aria-labelledby="title description" font-size="14"`+
		` font-family="ui-monospace, SFMono-Regular, Menlo, 'DejaVu Sans Mono', Consolas, monospace">`+"\n", pageWidth, height)
	fmt.Printf("<title id=\"title\">restail's text format</title>\n<desc id=\"description\">%s</desc>\n", description)
	fmt.Printf(`<rect x="0.5" y="0.5" width="%g" height="%d" rx="8" fill="%s" stroke="#3d444d"/>`+"\n", pageWidth-1, height-1, paper)
	fmt.Printf("%s</svg>\n", &body)
}

// run runs a command and returns the lines that it writes.
func run(command string) ([]string, error) {
	var stdout, stderr bytes.Buffer
	args := append(strings.Fields(command)[1:], "--speed=max", "--quiet", "--color=always")
	if status := cmd.Run(context.Background(), args, cmd.Env{Stdin: new(bytes.Buffer), Stdout: &stdout, Stderr: &stderr}); status != 0 {
		return nil, fmt.Errorf("%s: status %d: %s", command, status, &stderr)
	}
	return strings.Split(strings.TrimSuffix(stdout.String(), "\n"), "\n"), nil
}

// pick returns the lines to show. A pick that matches no line is left out with a
// message: the show may change without the picture.
func pick(lines, picks []string) (picked []string) {
next:
	for _, wanted := range picks {
		for i, line := range lines {
			if regexp.MustCompile(wanted).MatchString(style.ReplaceAllString(line, "")) {
				picked, lines = append(picked, line), lines[i+1:]
				continue next
			}
		}
		fmt.Fprintf(os.Stderr, "picture: no line matches %q after those before\n", wanted)
	}
	return picked
}

// look is how text is painted. The zero look is the terminal's own.
type look struct {
	color                string // "" for none
	bold, faint, inverse bool
}

// paint returns the look after the codes of an escape sequence.
func (l look) paint(codes string) look {
	attributes, color, colored := strings.Cut(codes, "38;5;")
	if n, err := strconv.Atoi(color); colored && err == nil { // restail uses only the palette's cube
		levels := [...]int{0, 95, 135, 175, 215, 255}
		l.color = fmt.Sprintf("#%02x%02x%02x", levels[(n-16)/36], levels[(n-16)/6%6], levels[(n-16)%6])
	}
	for code := range strings.SplitSeq(attributes, ";") {
		switch code {
		case "0":
			l = look{}
		case "1":
			l.bold = true
		case "2":
			l.faint = true
		case "7":
			l.inverse = true
		}
	}
	return l
}

// draw draws a line from a row on, broken where a terminal breaks it, and returns the
// number of rows that it takes.
func draw(out *bytes.Buffer, row int, line string) (rows int) {
	rows = 1
	var now look
	column := 0
	for line != "" {
		text, codes, rest := line, "", ""
		if at := style.FindStringSubmatchIndex(line); at != nil {
			text, codes, rest = line[:at[0]], line[at[2]:at[3]], line[at[1]:]
		}
		begin, fits := column, ""
		for characters := displaywidth.StringGraphemes(text); characters.Next(); column += characters.Width() {
			if column+characters.Width() > columns {
				now.draw(out, row+rows-1, begin, fits)
				rows++
				begin, column, fits = 0, 0, ""
			}
			fits += characters.Value()
		}
		now.draw(out, row+rows-1, begin, fits)
		now, line = now.paint(codes), rest
	}
	return rows
}

// draw draws text of one look at a row and column. It tells the length of each piece,
// so that the columns hold whatever fonts the viewer has.
func (l look) draw(out *bytes.Buffer, row, column int, text string) {
	color, top := cmp.Or(l.color, ink), margin+row*rowHeight
	if l.faint && l.color == "" {
		color = fadingInk
	}
	at := func(n int) float64 { return margin + float64(column+displaywidth.String(text[:n]))*columnWidth }
	if l.inverse {
		fmt.Fprintf(out, `<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s"/>`, at(0), top, at(len(text))-at(0), rowHeight, color)
		color = paper
	}
	for _, p := range piece.FindAllStringIndex(text, -1) {
		fmt.Fprintf(out, `<text x="%.1f" y="%d" fill="%s" textLength="%.1f"`, at(p[0]), top+14, color, at(p[1])-at(p[0]))
		if l.bold {
			out.WriteString(` font-weight="bold"`)
		}
		if !letters.MatchString(text[p[0]:p[1]]) {
			out.WriteString(` lengthAdjust="spacingAndGlyphs"`)
		}
		out.WriteByte('>')
		xml.EscapeText(out, []byte(text[p[0]:p[1]])) // a Buffer takes everything
		out.WriteString("</text>\n")
	}
}
