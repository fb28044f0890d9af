package auth

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// accessTokenVariable is the environment variable for a token.
	accessTokenVariable = "RESTREAM_ACCESS_TOKEN"
	// tokenLimit is how many bytes are read in search of a token.
	tokenLimit = 64 << 10
)

// ErrNoLogin is the error when no source is set and the store is empty.
var ErrNoLogin error = unauthorized("no access token: run `restail login`, or set %s, --token-file or --token-command", accessTokenVariable)

// parseToken removes the white space around a token and refuses what cannot be
// one. Its errors quote nothing.
func parseToken(text string) (string, error) {
	// Some editors and shells write a byte-order mark.
	token := strings.TrimSpace(strings.TrimPrefix(text, "\ufeff"))
	switch {
	case len(text) > tokenLimit:
		return "", errors.New("it is longer than any token: more than 64 KiB")
	case token == "":
		return "", errors.New("there is no token in it")
	case strings.ContainsFunc(token, unicode.IsSpace):
		return "", errors.New("there is white space inside the token: want one word on one line")
	case !utf8.ValidString(token) || strings.ContainsFunc(token, func(r rune) bool { return !unicode.IsGraphic(r) }):
		return "", errors.New("there are bytes in it that no token has: is it a text file in UTF-8?")
	}
	return token, nil
}

// fixed returns a source whose only token never changes.
func fixed(token, name string) source {
	return func(_ context.Context, refused string) (string, error) {
		if token == refused {
			return "", refusedFrom(name)
		}
		return token, nil
	}
}

// refusedFrom returns the error for a refused token of a source that has no other.
func refusedFrom(name string) error {
	return unauthorized("the service refused the token of %s: it may have expired; get a new one, or let `restail login` keep one fresh", name)
}

// readOnce returns a source that reads a line from stdin or a pipe when the first
// token is needed.
func readOnce(name string, read func() (string, error)) source {
	token := ""
	return func(ctx context.Context, refused string) (string, error) {
		if token == "" {
			line, err := readWithContext(ctx, read)
			switch {
			case ctx.Err() != nil:
				return "", ctx.Err()
			case err != nil:
				return "", usage("cannot read the token from %s: %v", name, err)
			}
			if token, err = parseToken(line); err != nil {
				return "", unauthorized("the token from %s: %v", name, err)
			}
		}
		return fixed(token, name)(ctx, refused)
	}
}

// readWithContext calls read, for stdin or a pipe. When ctx is done first, it returns
// and leaves the read running, since nothing can stop it.
func readWithContext(ctx context.Context, read func() (string, error)) (string, error) {
	type result struct {
		line string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		line, err := read()
		done <- result{line, err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case r := <-done:
		return r.line, r.err
	}
}

// readLine reads up to the end of the first line that is not blank, and not a byte
// more.
func readLine(r io.Reader) (string, error) {
	var line []byte
	char := make([]byte, 1)
	for len(line) <= tokenLimit {
		n, err := r.Read(char)
		line = append(line, char[:n]...)
		if n == 1 && char[0] == '\n' && len(bytes.TrimSpace(line)) > 0 || err == io.EOF {
			break
		}
		if err != nil {
			return "", err
		}
	}
	return string(line), nil
}

// openFile returns a source that reads a token file each time, so that another
// program can renew the token. It reads a pipe, such as a shell's <(command), only
// once and when the token is needed, since opening it waits for its writer.
func openFile(path string) (source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	if !info.Mode().IsRegular() && !info.IsDir() {
		return readOnce(path, func() (string, error) {
			pipe, err := os.Open(path)
			if err != nil {
				return "", err
			}
			defer pipe.Close()
			return readLine(pipe)
		}), nil
	}
	last, err := readTokenFile(path)
	if err != nil {
		return nil, err
	}
	return func(_ context.Context, refused string) (string, error) {
		token, err := readTokenFile(path)
		if err != nil {
			token = last // another program may be replacing the file
		}
		if token == refused {
			if err != nil {
				return "", err
			}
			return "", refusedFrom(path)
		}
		last = token
		return token, nil
	}, nil
}

// unreadable is the error for a token file that cannot be read.
func unreadable(path string, err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	return usage("cannot read the token file %s: %v", path, err)
}

func readTokenFile(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", unreadable(path, err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, tokenLimit+1))
	if err != nil {
		return "", unreadable(path, err)
	}
	token, err := parseToken(string(text))
	if err != nil {
		return "", unauthorized("the token file %s: %v", path, err)
	}
	return token, nil
}
