package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/restail/restail/cmd/endpoint"
)

// The environment variables of the registered application.
const (
	clientIDVariable     = "RESTREAM_CLIENT_ID"
	clientSecretVariable = "RESTREAM_CLIENT_SECRET"
)

// application returns the client id and secret, from the environment or from
// prompts that offer those of the last login.
func (f *flow) application(ctx context.Context) (app application, err error) {
	app = application{strings.TrimSpace(f.getenv(clientIDVariable)), strings.TrimSpace(f.getenv(clientSecretVariable))}
	f.Secrets.Add(app.secret)
	if app.id == "" {
		// Escape control characters of the file, for the terminal.
		shown := strings.Trim(strconv.Quote(endpoint.Quote(f.known.ClientID, f.Secrets.Text)), `"`)
		if app.id, err = f.ask(ctx, "Client id", f.known.ClientID, shown, f.promptLine); err != nil {
			return app, err
		}
	}
	if app.secret == "" {
		offered, shown, read := "", "", f.promptLine
		if app.id == f.known.ClientID && f.known.ClientSecret != "" {
			offered, shown = f.known.ClientSecret, "the stored one"
		}
		if f.ReadSecret != nil {
			read = f.promptHidden
		}
		app.secret, err = f.ask(ctx, "Client secret", offered, shown, read)
		f.Secrets.Add(app.secret)
	}
	return app, err
}

// ask prompts for one value. An empty line accepts the offered value, which the
// prompt displays as shown.
func (f *flow) ask(ctx context.Context, what, offered, shown string, read func(context.Context) (string, error)) (string, error) {
	if shown != "" {
		shown = " [" + shown + "]"
	}
	fmt.Fprintf(f.Stderr, "%s%s: ", what, shown)
	text, err := read(ctx)
	text = strings.TrimSpace(text)
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil && !errors.Is(err, io.EOF):
		return "", failed("cannot read the %s: %v", strings.ToLower(what), err)
	case text != "":
		return text, nil
	case offered != "":
		return offered, nil
	}
	return "", unauthorized("no %s: register an application at https://developers.restream.io, then set %s and %s or answer the prompts",
		strings.ToLower(what), clientIDVariable, clientSecretVariable)
}

// promptHidden reads a line without echo. The line end is not echoed either.
func (f *flow) promptHidden(ctx context.Context) (string, error) {
	text, err := f.ReadSecret(ctx)
	fmt.Fprintln(f.Stderr)
	return text, err
}

// promptLine reads a line of stdin. What follows on stderr begins on a new line: only a
// terminal echoes a line end.
func (f *flow) promptLine(ctx context.Context) (string, error) {
	line, err := readWithContext(ctx, func() (string, error) { return f.lines.ReadString('\n') })
	if ctx.Err() == nil && (f.ReadSecret == nil || !strings.HasSuffix(line, "\n")) {
		fmt.Fprintln(f.Stderr)
	}
	return line, err
}

// fromPaste logs in without a browser on this machine: the user opens the URL in
// any browser, and pastes the URL that the browser was redirected to.
func (f *flow) fromPaste(ctx context.Context) error {
	fmt.Fprintf(f.Stderr, "Open this URL in a browser, on any machine:\n\n%s\n\n", f.url())
	fmt.Fprintf(f.Stderr, "The login ends at a page that may not load. Paste that page's URL here, or the code in it: ")
	pasted, err := "", error(nil)
	for pasted == "" && err == nil {
		pasted, err = f.promptLine(ctx)
		pasted = strings.TrimSpace(pasted)
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case pasted == "":
		return unauthorized("nothing was pasted: run `restail login --no-browser` again")
	}
	code, err := f.parsePasted(pasted)
	if err != nil {
		return err
	}
	return f.finish(ctx, code)
}

// parsePasted parses a redirect URL, its query, or a bare code. A bare code comes
// without a state; PKCE ties it to this login.
func (f *flow) parsePasted(text string) (code string, err error) {
	isURL := strings.Contains(text, "://") || strings.ContainsAny(text[:1], "/?")
	if !isURL && !strings.Contains(text, "code=") && !strings.Contains(text, "state=") {
		f.Secrets.Add(text)
		if code, err = parseToken(text); err != nil {
			return "", unauthorized("what was pasted is neither a URL nor a code: %v", err)
		}
		return code, nil
	}
	_, query, found := strings.Cut(text, "?")
	if !found && !isURL {
		query = text
	}
	query, _, _ = strings.Cut(query, "#")
	q, err := url.ParseQuery(query)
	if err != nil {
		return "", unauthorized("cannot read the pasted URL: paste the whole line of the browser's address bar")
	}
	return f.codeOf(q)
}
