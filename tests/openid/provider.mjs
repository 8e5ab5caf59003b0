// A real OpenID provider for the tests, with the login pages that
// `oidc-provider` brings for development: any name and password will do.
//
// It listens on a free port and prints its issuer; then it reads one line with
// the clients as JSON and prints `ready`. It ends when its input does.
import { generateKeyPair } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

import Provider from 'oidc-provider';

const server = createServer();
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const issuer = `http://127.0.0.1:${server.address().port}`;
console.log(issuer);

const lines = createInterface({ input: process.stdin });
lines.on('close', () => process.exit(0));
const [line] = await once(lines, 'line');

const make = promisify(generateKeyPair);
const [rsa, ec] = await Promise.all([
  make('rsa', { modulusLength: 2048 }),
  make('ec', { namedCurve: 'P-256' }),
]);
const jwk = (pair, kid) => ({ ...pair.privateKey.export({ format: 'jwk' }), use: 'sig', kid });

const provider = new Provider(issuer, {
  clients: JSON.parse(line),
  jwks: { keys: [jwk(rsa, 'rsa'), jwk(ec, 'ec')] },
  cookies: { keys: ['only for tests'] },
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  // The token itself carries what the scopes allow.
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  features: { devInteractions: { enabled: true }, encryption: { enabled: true } },
  enabledJWA: {
    idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256'],
    idTokenEncryptionAlgValues: ['RSA-OAEP-256', 'ECDH-ES', 'ECDH-ES+A256KW'],
    idTokenEncryptionEncValues: ['A256GCM'],
  },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: `${id}@company.example`, email_verified: true, name: id }),
  }),
});
server.on('request', provider.callback());
console.log('ready');
