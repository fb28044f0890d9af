package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	// commandTime is how long a token command may take: it may ask the user for a
	// passphrase.
	commandTime = 2 * time.Minute
	// interruptTime is how long a command may take to end after an interrupt.
	interruptTime = 2 * time.Second
)

// command is a program that prints a token. It is run for the first token, and
// again when that has expired or was refused.
type command struct {
	*Options
	args []string

	last    string    // the token that it printed last
	expires time.Time // of that token, zero when not known
}

func newCommand(o *Options) (source, error) {
	args, err := split(o.TokenCommand)
	if err != nil {
		return nil, usage("--token-command: %v", err)
	}
	return (&command{Options: o, args: args}).token, nil
}

func (c *command) token(ctx context.Context, refused string) (string, error) {
	expired := !c.expires.IsZero() && !c.Now().Before(c.expires)
	if c.last != "" && c.last != refused && !expired {
		return c.last, nil
	}
	token, expires, err := c.run(ctx)
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil: // temporary if the command has worked before
		return "", &Error{text: "--token-command: " + err.Error(), status: statusUnauthorized, temporary: c.last != ""}
	case token == refused:
		return "", unauthorized("--token-command: %s printed the same token again, which the service had just refused", c.args[0])
	}
	c.last, c.expires = token, expires
	return token, nil
}

// run runs the command and reads its stdout. Its stdin is empty, its stderr the
// user's. Its errors leave out the arguments, which may be secret.
func (c *command) run(ctx context.Context) (token string, expires time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	name := c.args[0]
	stdout, stderr := &limitedBuffer{full: cancel}, &lineWriter{w: c.Stderr}
	defer stderr.endLine()
	cmd := exec.CommandContext(ctx, name, c.args[1:]...)
	cmd.Env, cmd.Stdout, cmd.Stderr = c.Environ, stdout, stderr
	cmd.WaitDelay = interruptTime
	cmd.Cancel = func() error {
		if err := cmd.Process.Signal(os.Interrupt); !errors.Is(err, os.ErrProcessDone) && err != nil {
			return cmd.Process.Kill()
		}
		return nil
	}
	err = cmd.Run()
	exit, exited := errors.AsType[*exec.ExitError](err)
	switch {
	case stdout.over:
		err = fmt.Errorf("%s printed more than 64 KiB: no token is that long", name)
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		err = fmt.Errorf("%s did not finish within %v", name, commandTime)
	case exited:
		err = fmt.Errorf("%s failed: %v", name, exit)
	case err != nil && !errors.Is(err, exec.ErrWaitDelay):
		if cause := errors.Unwrap(err); cause != nil {
			err = cause // of an exec.Error or a fs.PathError, which name the program
		}
		err = fmt.Errorf("%s cannot be run: %w (no shell is used: for variables or a pipe write %s)", name, err, shellExample)
	default:
		if token, expires, err = parseOutput(stdout.text.String()); err != nil {
			err = fmt.Errorf("%s did not print a token: %w", name, err)
		}
	}
	return token, expires, err
}

// limitedBuffer keeps what a command prints, and stops the command at the limit.
type limitedBuffer struct {
	text strings.Builder
	over bool
	full func()
}

func (b *limitedBuffer) Write(p []byte) (int, error) {
	if b.text.Len()+len(p) > tokenLimit {
		b.over = true
		b.full()
		return 0, errors.New("too much output")
	}
	return b.text.Write(p)
}

// lineWriter passes text on to w, and can end a last line that is not complete.
type lineWriter struct {
	w    io.Writer
	open bool // the last line has no line end yet
}

func (l *lineWriter) Write(p []byte) (int, error) {
	if len(p) > 0 {
		l.open = p[len(p)-1] != '\n'
	}
	return l.w.Write(p)
}

func (l *lineWriter) endLine() {
	if l.open {
		io.WriteString(l.w, "\n")
	}
}

// parseOutput parses the output of a token command: a bare token, or
//
//	{"token": "…", "expires_at": 1740152273}
//
// where expires_at is seconds since 1970, RFC 3339, null or missing. expires is
// zero when it is not known.
func parseOutput(text string) (token string, expires time.Time, err error) {
	text = strings.TrimPrefix(text, "\ufeff")
	if len(text) > tokenLimit || !strings.HasPrefix(strings.TrimSpace(text), "{") {
		token, err = parseToken(text)
		return token, time.Time{}, err
	}
	var output struct {
		Token     *string         `json:"token"`
		ExpiresAt json.RawMessage `json:"expires_at"`
	}
	if err := json.Unmarshal([]byte(text), &output); err != nil || output.Token == nil {
		return "", time.Time{}, errors.New(`it begins like JSON but is not an object with a string "token"`)
	}
	if token, err = parseToken(*output.Token); err != nil {
		return "", time.Time{}, err
	}
	if output.ExpiresAt != nil {
		var ok bool
		if expires, ok = parseTime(output.ExpiresAt); !ok {
			return "", time.Time{}, errors.New(`the JSON's "expires_at" is neither seconds since 1970 nor a time by RFC 3339`)
		}
	}
	return token, expires, nil
}

// shellOperators are words that only a shell understands.
var shellOperators = []string{"|", "||", "|&", "&", "&&", ";", "<", ">", ">>", "<<<", "2>", "2>>", "&>", "2>&1"}

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
	const blanks = " \t\r\n"
	// The next part of a word: 'quoted', "quoted", \escaped or bare, in a group each.
	part := regexp.MustCompile(`(?s)^(?:'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^ \t\r\n'"\\]+))`)
	unescape := strings.NewReplacer(`\\`, `\`, `\"`, `"`)
	var words []string
	operator := "" // the first one
	for rest := strings.TrimLeft(command, blanks); rest != ""; rest = strings.TrimLeft(rest, blanks) {
		word, bare := "", true // bare: nothing is quoted or escaped
		for rest != "" && strings.IndexByte(blanks, rest[0]) < 0 {
			m := part.FindStringSubmatch(rest)
			switch {
			case m == nil && rest[0] == '\\':
				return nil, errors.New("it ends in a backslash that has nothing to escape")
			case m == nil:
				return nil, fmt.Errorf("the quote %c is not closed", rest[0])
			}
			word += m[1] + unescape.Replace(m[2]) + m[3] + m[4]
			bare = bare && m[4] != ""
			rest = rest[len(m[0]):]
		}
		if operator == "" && bare && slices.Contains(shellOperators, word) {
			operator = word
		}
		words = append(words, word)
	}
	switch {
	case operator != "":
		return nil, fmt.Errorf("%s needs a shell, and none is used: write %s, or quote it", operator, shellExample)
	case len(words) == 0 || words[0] == "":
		return nil, errors.New("it names no program")
	}
	return words, nil
}
