package cmd

import (
	"fmt"

	"github.com/restail/restail/cmd/auth"
)

// tokenCommand prints an access token, for curl and scripts.
type tokenCommand struct {
	tokenFlags
}

// Run prints the token that tail would use.
func (c *tokenCommand) Run(r *run) error {
	options, err := r.authOptions(&c.apiFlags)
	if err != nil {
		return err
	}
	options.TokenFile, options.TokenCommand = c.TokenFile, c.TokenCommand
	source, err := auth.Open(options)
	if err != nil {
		return err
	}
	token, err := source.Token(r, "")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(r.Stdout, token)
	return writeError(err)
}
