package cmd

import "github.com/restail/restail/cmd/auth"

// logoutCommand ends the stored login.
type logoutCommand struct{ *apiFlags }

// Run revokes the stored tokens and deletes them.
func (c *logoutCommand) Run(r *run) error {
	options, err := r.authOptions(c.apiFlags)
	if err != nil {
		return err
	}
	return auth.Logout(r, options)
}
