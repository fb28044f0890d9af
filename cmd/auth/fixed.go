package auth

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
)

// accessTokenVariable is the environment variable for a token.
const accessTokenVariable = "RESTREAM_ACCESS_TOKEN"

// fixed is a source with one token that cannot change.
type fixed struct{ token, name string }

func (f fixed) Token(_ context.Context, refused string) (string, error) {
	if f.token == refused {
		return "", refusedFrom(f.name)
	}
	return f.token, nil
}

func refusedFrom(name string) error {
	return unauthorized("the service refused the token of %s: it may have expired; get a new one, or let `restail login` keep one fresh", name)
}

// stream is a source that reads one line from stdin or from a pipe, once.
type stream struct {
	r     io.Reader
	name  string
	token string
}

func (s *stream) Token(ctx context.Context, refused string) (string, error) {
	if s.token == "" {
		line, err := abandon(ctx, func() (string, error) { return readLine(s.r) })
		if err != nil {
			return "", s.failed(err)
		}
		token, err := parseToken(line)
		if err != nil {
			return "", unauthorized("the token on %s: %v", s.name, err)
		}
		s.token = token
	}
	return fixed{s.token, s.name}.Token(ctx, refused)
}

func (s *stream) failed(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return usage("cannot read the token on %s: %v", s.name, err)
}

// abandon waits for a read of stdin or a pipe. When ctx is done first, it
// abandons the read, since nothing can stop it.
func abandon(ctx context.Context, read func() (string, error)) (string, error) {
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
	case got := <-done:
		return got.line, got.err
	}
}

// readLine reads the first line that is not blank, with its line end, and no
// byte more.
func readLine(r io.Reader) (string, error) {
	var line []byte
	char := make([]byte, 1)
	for len(line) <= tokenLimit {
		n, err := r.Read(char)
		if n == 1 {
			line = append(line, char[0])
			if char[0] == '\n' && len(bytes.TrimSpace(line)) > 0 {
				break
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return "", err
		}
	}
	return string(line), nil
}

// file is a source that reads a token file each time, so that another program
// can renew the token.
type file struct {
	path  string
	token string // the token that was read last
}

// openFile reads a token file. A pipe, such as a shell's <(command), is read later
// and only once.
func openFile(path string) (source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, usage("cannot read the token file: %v", err)
	}
	if !info.Mode().IsRegular() && !info.IsDir() {
		return &stream{r: &lazyFile{path: path}, name: path}, nil
	}
	f := &file{path: path}
	if f.token, err = f.read(); err != nil {
		return nil, err
	}
	return f, nil
}

func (f *file) Token(_ context.Context, refused string) (string, error) {
	token, err := f.read()
	if err != nil {
		// Another program may be replacing the file. The last token is worth a
		// try, but only one.
		token = f.token
	}
	if token == refused {
		if err != nil {
			return "", err
		}
		return "", refusedFrom(f.path)
	}
	f.token = token
	return token, nil
}

func (f *file) read() (string, error) {
	opened, err := os.Open(f.path)
	if err != nil {
		return "", usage("cannot read the token file: %v", err)
	}
	defer opened.Close()
	text, err := io.ReadAll(io.LimitReader(opened, tokenLimit+1))
	if err != nil {
		return "", usage("cannot read the token file: %v", err)
	}
	token, err := parseToken(string(text))
	if err != nil {
		return "", unauthorized("the token file %s: %v", f.path, err)
	}
	return token, nil
}

// lazyFile opens a file at the first read, since opening a pipe waits for the
// program that writes to it.
type lazyFile struct {
	path string
	file fs.File
}

func (l *lazyFile) Read(p []byte) (n int, err error) {
	if l.file == nil {
		if l.file, err = os.Open(l.path); err != nil {
			return 0, err
		}
	}
	return l.file.Read(p)
}
