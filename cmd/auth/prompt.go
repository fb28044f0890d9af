package auth

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
)

// application returns the client id and secret, from the environment or from
// prompts that offer those of the last login.
func (f *flow) application(ctx context.Context) (application, error) {
	app := application{strings.TrimSpace(f.getenv(clientIDVariable)), strings.TrimSpace(f.getenv(clientSecretVariable))}
	f.Secrets.Add(app.secret)
	if app.id != "" && app.secret != "" {
		return app, nil
	}
	known := new(login)
	if l, err := f.store.read(); err == nil {
		known = l
		f.Secrets.Add(l.AccessToken, l.RefreshToken, l.ClientSecret)
	}
	var err error
	if app.id == "" {
		if app.id, err = f.ask(ctx, "Client id", known.ClientID, known.ClientID, f.line); err != nil {
			return app, err
		}
	}
	if app.secret != "" {
		return app, nil
	}
	if app.id != known.ClientID {
		known = new(login)
	}
	hint := ""
	if known.ClientSecret != "" {
		hint = "the stored one"
	}
	read := f.line
	if f.ReadSecret != nil {
		read = f.hidden
	}
	app.secret, err = f.ask(ctx, "Client secret", known.ClientSecret, hint, read)
	f.Secrets.Add(app.secret)
	return app, err
}

// ask prompts for one value. An empty line accepts the offered one.
func (f *flow) ask(ctx context.Context, what, offered, shown string, read func(context.Context) (string, error)) (string, error) {
	if shown != "" {
		shown = fmt.Sprintf(" [%s]", quote(f.Secrets, shown))
	}
	fmt.Fprintf(f.Stderr, "%s%s: ", what, shown)
	text, err := read(ctx)
	if text = strings.TrimSpace(text); text == "" && offered != "" && (err == nil || errors.Is(err, io.EOF)) {
		return offered, nil
	}
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case text == "" && (err == nil || errors.Is(err, io.EOF)):
		return "", unauthorized("no %s: register an application at https://developers.restream.io, then set %s and %s or answer the prompts",
			strings.ToLower(what), clientIDVariable, clientSecretVariable)
	case err != nil:
		return "", failed("cannot read the %s: %v", strings.ToLower(what), err)
	}
	return text, nil
}

// hidden reads a line without echo. The line end is not echoed either.
func (f *flow) hidden(ctx context.Context) (string, error) {
	text, err := f.ReadSecret(ctx)
	fmt.Fprintln(f.Stderr)
	return text, err
}

// line reads a line of stdin. What follows on stderr begins on a new line: only a
// terminal echoes a line end.
func (f *flow) line(ctx context.Context) (string, error) {
	line, err := abandon(ctx, func() (string, error) { return f.lines.ReadString('\n') })
	if ctx.Err() == nil && (f.ReadSecret == nil || !strings.HasSuffix(line, "\n")) {
		fmt.Fprintln(f.Stderr)
	}
	if line != "" && errors.Is(err, io.EOF) {
		err = nil
	}
	return line, err
}

// fromPaste logs in without a browser of ours: the user opens the URL in any
// browser, and pastes the URL at which it ended.
func (f *flow) fromPaste(ctx context.Context) error {
	fmt.Fprintf(f.Stderr, "Open this URL in a browser, on any machine:\n\n%s\n\n", f.url())
	fmt.Fprintf(f.Stderr, "The login ends at a page that may not load. Paste that page's URL here, or the code in it: ")
	for {
		line, err := f.line(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		pasted := strings.TrimSpace(line)
		if pasted == "" && err == nil {
			continue
		}
		if pasted == "" {
			return unauthorized("nothing was pasted: run `restail login --no-browser` again")
		}
		code, err := f.pasted(pasted)
		if err != nil {
			return err
		}
		return f.finish(ctx, code)
	}
}

// pasted parses a redirect URL or a bare code. A bare code comes without a
// state; PKCE ties it to this login.
func (f *flow) pasted(text string) (code string, err error) {
	if !strings.Contains(text, "://") && !strings.ContainsAny(text[:1], "/?") && !strings.Contains(text, "code=") && !strings.Contains(text, "state=") {
		f.Secrets.Add(text)
		if code, err = parseToken(text); err != nil {
			return "", unauthorized("what was pasted is neither a URL nor a code: %v", err)
		}
		return code, nil
	}
	_, query, found := strings.Cut(text, "?")
	if !found && !strings.Contains(text, "://") {
		query = text
	}
	query, _, _ = strings.Cut(query, "#")
	q, err := url.ParseQuery(query)
	if err != nil {
		return "", unauthorized("cannot read the pasted URL: paste the whole line of the browser's address bar")
	}
	return f.codeOf(q)
}

// same compares secrets in constant time.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
