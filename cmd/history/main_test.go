package history

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// answer is an answer of the scripted API, or the error instead.
type answer struct {
	status int // 200 when it is 0
	header http.Header
	body   string
	err    error
	hangs  bool // never answer
}

// scripted is a scripted API, as the transport of a client. It repeats the last answer.
type scripted struct {
	t       *testing.T
	answers []answer
	asked   []string // the requests, without the host
	tokens  []string // of the requests
}

func (a *scripted) RoundTrip(q *http.Request) (*http.Response, error) {
	a.asked = append(a.asked, q.Method+" "+q.URL.RequestURI())
	a.tokens = append(a.tokens, strings.TrimPrefix(q.Header.Get("Authorization"), "Bearer "))
	if strings.Contains(q.URL.String(), "token-") || q.Header.Get("User-Agent") != "restail/test" {
		a.t.Errorf("asked for %s as %v", q.URL, q.Header)
	}
	next := a.answers[min(len(a.asked), len(a.answers))-1]
	if next.hangs {
		<-q.Context().Done()
		return nil, q.Context().Err()
	}
	if next.err != nil {
		return nil, next.err
	}
	if next.status == 0 {
		next.status = 200
	}
	if next.header == nil {
		next.header = http.Header{}
	}
	return &http.Response{StatusCode: next.status, Header: next.header, Body: io.NopCloser(strings.NewReader(next.body)), Request: q}, nil
}

const broadcast = "5f0c2ab1-33d9-4f6e-9a57-6e1f0d6c61a7"

// tokens returns token-1, and the next one whenever a token was refused.
func tokens() func(context.Context, string) (string, error) {
	n := 1
	return func(_ context.Context, refused string) (string, error) {
		if refused == fmt.Sprint("token-", n) {
			n++
		}
		return fmt.Sprint("token-", n), nil
	}
}

// client returns a client of a scripted API, with two retries.
func client(t *testing.T, answers ...answer) (*Client, *scripted) {
	a := &scripted{t: t, answers: answers}
	return New(Options{
		APIURL: "https://api.example.com/", HTTP: &http.Client{Transport: a}, Token: tokens(), UserAgent: "restail/test",
		Redact:  func(said string) string { return strings.ReplaceAll(said, "token-1", "[redacted]") },
		Retries: 2, MaxBackoff: time.Minute,
	}), a
}

// read returns the texts of all messages.
func read(t *testing.T, c *Client, from time.Time) (texts string, err error) {
	var all []string
	for m, err := range c.Messages(t.Context(), broadcast, from) {
		if err != nil {
			return strings.Join(all, " "), err
		}
		all = append(all, m.Text)
	}
	return strings.Join(all, " "), nil
}

// verdict returns the reason and the exit status of an error.
func verdict(err error) string {
	if err == nil {
		return ""
	}
	failed := (*Error)(nil)
	if !errors.As(err, &failed) {
		return err.Error()
	}
	return fmt.Sprint(failed.Reason, " ", failed.ExitStatus())
}

// page is an answer with messages of these texts, one a second, and a page token,
// "" for null.
func page(next string, texts ...string) answer {
	var messages []string
	for _, text := range texts {
		messages = append(messages, fmt.Sprintf(`{"timestamp":"2026-05-01T19:00:%02dZ","platform":"YouTube","channelName":"C","author":"A","text":%q,"meta":null}`, text[0]-'a', text))
	}
	token := "null"
	if next != "" {
		token = fmt.Sprintf("%q", next)
	}
	return answer{body: `{"messages":[` + strings.Join(messages, ",") + `],"nextPageToken":` + token + `,"previousPageToken":null}`}
}
