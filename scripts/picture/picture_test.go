package main

import (
	"encoding/xml"
	"flag"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/clipperhouse/displaywidth"
)

var update = flag.Bool("update", false, "draw the picture anew")

// TestPicture draws the picture, and writes it with -update. It does not compare:
// a change of the show or of the format is no mistake of the picture.
func TestPicture(t *testing.T) {
	picture, err := draw()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("../demo.svg", picture, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestParse(t *testing.T) {
	cells, err := parse("\x1b[2ma\x1b[0mé\x1b[1m\x1b[38;5;98m猫\x1b[0m\x1b[1;7;38;5;130m👩‍🚀")
	want := []cell{
		{"a", 1, style{faint: true}},
		{"é", 1, style{}},
		{"猫", 2, style{bold: true, color: 98}},
		{"👩‍🚀", 2, style{bold: true, inverse: true, color: 130}},
	}
	if err != nil || !reflect.DeepEqual(cells, want) {
		t.Errorf("got %v, %v", cells, err)
	}
	for _, bad := range []string{"\x1b[4ma", "\x1b[38;5;8ma", "\x1b[38;5;232ma", "\x1b[38;2;1;2;3ma", "\x1b[ma", "\x1b[2Ja", "a\x07", "\u200e"} {
		if cells, err := parse(bad); err == nil {
			t.Errorf("%q is parsed as %v", bad, cells)
		}
	}
}

// TestParseTheShow: only colours get lost.
func TestParseTheShow(t *testing.T) {
	everything := screen{command: "restail demo -o text --time none -a all"}
	plain, err := everything.run("--color=never")
	if err != nil {
		t.Fatal(err)
	}
	colored, err := everything.run("--color=always")
	if err != nil || len(plain) != len(colored) {
		t.Fatalf("%d lines, %d with colours, %v", len(plain), len(colored), err)
	}
	for i, line := range colored {
		cells, err := parse(line)
		if err != nil {
			t.Fatal(err)
		}
		if text, width := measure(cells); text != plain[i] || width != displaywidth.String(text) {
			t.Errorf("%q of width %d, want %q", text, width, plain[i])
		}
	}
}

func TestPick(t *testing.T) {
	lines := []string{"a", "\x1b[2mb\x1b[0mc", "a", "d"}
	for _, c := range []struct {
		picks, want string
	}{{"bc a", "12"}, {"a a d", "023"}, {"b. [d]", "13"}, {"d a", "3"}, {"e bc", "1"}, {"e", ""}} {
		picked, err := screen{picks: strings.Fields(c.picks)}.pick(lines)
		var got string
		for _, n := range picked {
			got += string(rune('0' + n))
		}
		if got != c.want || err != nil {
			t.Errorf("%s: picked %q, %v", c.picks, got, err)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct{ line, rows string }{
		{"", ""},
		{strings.Repeat("a", columns), strings.Repeat("a", columns)},
		{strings.Repeat("a", columns-1) + "猫b", strings.Repeat("a", columns-1) + "\n猫b"},
		{strings.Repeat("猫", columns), strings.Repeat("猫", columns/2) + "\n" + strings.Repeat("猫", columns/2)},
	} {
		cells, err := parse(c.line)
		if err != nil {
			t.Fatal(err)
		}
		var rows []string
		for _, row := range wrap(cells) {
			text, _ := measure(row)
			rows = append(rows, text)
		}
		if got := strings.Join(rows, "\n"); got != c.rows {
			t.Errorf("got %q, want %q", got, c.rows)
		}
	}
}

// drawn is what a viewer reads of the picture.
type drawn struct {
	Title string `xml:"title"`
	Desc  string `xml:"desc"`
	Texts []struct {
		X      float64 `xml:"x,attr"`
		Length float64 `xml:"textLength,attr"`
		Adjust string  `xml:"lengthAdjust,attr"`
		Fill   string  `xml:"fill,attr"`
		Weight string  `xml:"font-weight,attr"`
		Text   string  `xml:",chardata"`
	} `xml:"text"`
}

func TestSVG(t *testing.T) {
	type piece struct {
		column, columns int
		text, look      string
	}
	for _, c := range []struct {
		line string
		want []piece
	}{
		{`</text><script>"&'`, []piece{{0, 18, `</text><script>"&'`, ink}}},
		{"a b  ", []piece{{0, 3, "a b", ink}}},
		{"\x1b[1;38;5;28m+\x1b[0m   \x1b[2mx\x1b[0m", []piece{{0, 1, "+", "#008700 bold"}, {4, 1, "x", fadingInk}}},
		{"\x1b[7;38;5;133m b\x1b[0mc", []piece{{1, 1, "b", paper}, {2, 1, "c", ink}}},
		{"猫猫 👩‍🚀⚔✦ a", []piece{{0, 4, "猫猫", ink}, {5, 2, "👩‍🚀", ink + " fitted"}, {7, 1, "⚔", ink + " fitted"}, {8, 1, "✦", ink + " fitted"}, {10, 1, "a", ink}}},
		{"שלום! מה? b1", []piece{{0, 9, "שלום! מה?", ink + " fitted"}, {10, 2, "b1", ink}}},
	} {
		cells, err := parse(c.line)
		if err != nil {
			t.Fatal(err)
		}
		var got []piece
		for _, text := range read(t, svg([][]cell{cells})).Texts {
			p := piece{int(math.Round((text.X - margin) / columnWidth)), int(math.Round(text.Length / columnWidth)), text.Text, text.Fill}
			if text.Weight != "" {
				p.look += " " + text.Weight
			}
			if text.Adjust != "" {
				p.look += " fitted"
			}
			got = append(got, p)
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q is drawn as\n%v, not\n%v", c.line, got, c.want)
		}
	}
}

// TestColumnsHold: each piece of the picture is as long as a terminal makes it,
// ends on the page and keeps its blanks whatever a viewer does with them.
func TestColumnsHold(t *testing.T) {
	file, err := os.ReadFile("../demo.svg")
	if err != nil {
		t.Fatal(err)
	}
	picture := read(t, file)
	if picture.Title == "" || picture.Desc == "" || len(picture.Texts) < 200 {
		t.Errorf("title %q, description %q, %d pieces", picture.Title, picture.Desc, len(picture.Texts))
	}
	for _, text := range picture.Texts {
		if want := float64(displaywidth.String(text.Text)) * columnWidth; math.Abs(text.Length-want) > 0.06 || text.X+want > pageWidth-margin+0.1 {
			t.Errorf("%q at %g is %g long, not %g", text.Text, text.X, text.Length, want)
		}
		if strings.TrimSpace(text.Text) != text.Text || strings.Contains(text.Text, "  ") {
			t.Errorf("%q has blanks that get lost", text.Text)
		}
	}
}

func read(t *testing.T, svg []byte) (picture drawn) {
	if err := xml.Unmarshal(svg, &picture); err != nil {
		t.Fatalf("%v in\n%s", err, svg)
	}
	return picture
}
