# What scripts/peers.sh and scripts/soak.sh need to run servers that others have written.
# They source this file and set $work to a temporary folder.

ws_version=8.23.0
python=${PYTHON:-/usr/bin/python3}
# Debian's nginx is in /usr/sbin, which is not on everybody's path.
PATH=$PATH:/usr/sbin

install_ws() { npm install --silent --no-save --prefix "$work/node" "ws@$ws_version"; }

# start_nginx: starts nginx as a proxy for TLS, with a new certificate, which restail trusts
# through SSL_CERT_FILE. A request for $front/PORT/PATH goes to http://127.0.0.1:PORT/PATH.
# Sets $front, and $proxy to the process of nginx.
start_nginx() {
	local port
	port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
		-keyout "$work/key.pem" -out "$work/certificate.pem" 2>"$work/err"
	cat >"$work/nginx.conf" <<-EOF
		daemon off; worker_processes 1; pid $work/nginx.pid; error_log $work/nginx.log;
		events {}
		http {
			access_log off; client_body_temp_path $work/body; proxy_temp_path $work/proxy; fastcgi_temp_path $work/fastcgi;
			uwsgi_temp_path $work/uwsgi; scgi_temp_path $work/scgi;
			server {
				listen 127.0.0.1:$port ssl; ssl_certificate $work/certificate.pem; ssl_certificate_key $work/key.pem;
				location ~ ^/(\d+)(/.*) {
					proxy_pass http://127.0.0.1:\$1\$2\$is_args\$args; proxy_http_version 1.1;
					proxy_set_header Upgrade \$http_upgrade; proxy_set_header Connection upgrade;
				}
			}
		}
	EOF
	nginx -e "$work/nginx.log" -c "$work/nginx.conf" &
	proxy=$!
	export SSL_CERT_FILE=$work/certificate.pem
	front=https://127.0.0.1:$port
	for _ in $(seq 100); do
		(: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return
		sleep 0.1
	done
	echo "nginx does not listen: $(cat "$work/nginx.log")" >&2
	return 1
}
