package auth

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
)

// split splits a command into a program and its arguments, without a shell:
//
//   - words are separated by blanks, tabs and line ends;
//   - 'single quotes' keep everything as it is;
//   - "double quotes" do too, except for a backslash before a double quote or
//     another backslash;
//   - elsewhere a backslash takes the next character as it is.
//
// Nothing else is special: no variables, no ~, no *, no pipes; those need a
// shell as the program. A word that only a shell understands is an error.
func split(command string) ([]string, error) {
	var s splitter
	for _, c := range []byte(command) {
		s.take(c)
	}
	switch {
	case s.quote != 0:
		return nil, fmt.Errorf("the quote %c is not closed", s.quote)
	case s.escaped:
		return nil, errors.New("it ends in a backslash that has nothing to escape")
	}
	s.end()
	if s.operator != "" {
		return nil, fmt.Errorf("%s needs a shell, and none is used: write %s, or quote it", s.operator, shell(runtime.GOOS))
	}
	if len(s.words) == 0 || s.words[0] == "" {
		return nil, errors.New("it names no program")
	}
	return s.words, nil
}

// shell is an example of a command that runs another one in the system's shell.
func shell(system string) string {
	if system == "windows" {
		return `cmd /c "…"`
	}
	return "sh -c '…'"
}

// operators are the words that a shell would not pass on as an argument.
var operators = map[string]bool{
	"|": true, "||": true, "|&": true, "&": true, "&&": true, ";": true,
	"<": true, ">": true, ">>": true, "<<<": true, "2>": true, "2>>": true, "&>": true, "2>&1": true,
}

type splitter struct {
	words    []string
	word     strings.Builder
	inWord   bool   // a word has begun, perhaps an empty one: ''
	quoted   bool   // part of the word was in quotes or after a backslash
	quote    byte   // the quote that is open, 0 for none
	escaped  bool   // the next character is taken as it is
	operator string // the first word that needs a shell
}

func (s *splitter) take(c byte) {
	switch {
	case s.escaped:
		if s.quote != 0 && c != '"' && c != '\\' {
			s.word.WriteByte('\\')
		}
		s.word.WriteByte(c)
		s.escaped = false
	case c == '\\' && s.quote != '\'':
		s.escaped, s.inWord, s.quoted = true, true, true
	case s.quote != 0 && c == s.quote:
		s.quote = 0
	case s.quote != 0:
		s.word.WriteByte(c)
	case c == '\'' || c == '"':
		s.quote, s.inWord, s.quoted = c, true, true
	case strings.IndexByte(" \t\r\n", c) >= 0:
		s.end()
	default:
		s.word.WriteByte(c)
		s.inWord = true
	}
}

func (s *splitter) end() {
	if !s.inWord {
		return
	}
	word := s.word.String()
	if s.operator == "" && !s.quoted && operators[word] {
		s.operator = word
	}
	s.words = append(s.words, word)
	s.word.Reset()
	s.inWord, s.quoted = false, false
}
