package auth

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"time"
)

// accessLife is how long an access token lives when the answer does not say.
const accessLife = time.Hour

// pair is what a login or a refresh gives.
type pair struct {
	access  string
	refresh string // "" when the old one stays in use
	expires time.Time
}

// parseAnswer reads the token endpoint's answer: the standard's fields, or
// their camelCase twins where those are missing. asked is when it was asked
// for; a span of life counts from there, so that it ends early rather than
// late. Its errors quote nothing.
func parseAnswer(body []byte, asked time.Time) (*pair, error) {
	var answer map[string]json.RawMessage
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, errors.New("it is not one JSON object")
	}
	access, err := parseToken(stringOf(answer, "access_token", "accessToken"))
	if err != nil {
		return nil, errors.New("it has no access token")
	}
	// Whatever else is wrong with the answer, this token is the only one that
	// is alive now.
	refresh, err := parseToken(stringOf(answer, "refresh_token", "refreshToken"))
	if err != nil {
		refresh = ""
	}
	return &pair{access: access, refresh: refresh, expires: expiryOf(answer, asked)}, nil
}

// expiryOf prefers a span to a point in time: it is right under a wrong clock.
func expiryOf(answer map[string]json.RawMessage, asked time.Time) time.Time {
	asked = asked.Round(0) // the monotonic clock stands still while the machine sleeps
	for _, key := range []string{"expires_in", "accessTokenExpiresIn"} {
		text := strings.Trim(string(answer[key]), `"`)
		if seconds, ok := parseNumber(text); ok && math.Abs(seconds) <= maxUnix/100 {
			return asked.Add(time.Duration(seconds * float64(time.Second))).UTC()
		}
	}
	for _, key := range []string{"expires", "accessTokenExpiresEpoch", "accessTokenExpiresAt"} {
		if raw, ok := answer[key]; ok {
			if at, ok := parseTime(raw); ok && !at.IsZero() {
				return at.UTC()
			}
		}
	}
	return asked.Add(accessLife).UTC()
}

// parseError finds the name and the message of an error in an answer: the
// standard's {"error": "invalid_grant", "error_description": …}, or the
// service's {"error": {"name": …, "message": …}}. Both are the server's words.
func parseError(body []byte) (name, message string) {
	var answer map[string]json.RawMessage
	if json.Unmarshal(body, &answer) != nil {
		return "", ""
	}
	if inner := map[string]json.RawMessage(nil); json.Unmarshal(answer["error"], &inner) == nil && inner != nil {
		return stringOf(inner, "name"), stringOf(inner, "message")
	}
	return stringOf(answer, "error", "name"), stringOf(answer, "error_description", "message")
}

// stringOf returns the first of the keys that holds a string other than "".
func stringOf(object map[string]json.RawMessage, keys ...string) string {
	for _, key := range keys {
		var text string
		if raw, ok := object[key]; ok && json.Unmarshal(raw, &text) == nil && text != "" {
			return text
		}
	}
	return ""
}
