package cmd

import "github.com/restail/restail/cmd/auth"

// logoutCommand empties the store.
type logoutCommand struct{ *apiFlags }

// Run revokes the tokens and deletes them.
func (c *logoutCommand) Run(r *run) error {
	options, err := r.authOptions(c.apiFlags)
	if err != nil {
		return err
	}
	return auth.Logout(r, options)
}
