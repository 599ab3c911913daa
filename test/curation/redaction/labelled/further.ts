/** Further kinds: notations of other languages and tools, and services whose keys have a prefix of their own. */
import { ALNUM, B32, B64, fill, HEX, URL64, type Maker, type Placed } from './maker.ts';

/** Words that people make passwords of. */
const WORDS = ['kaffee', 'marble', 'velvet', 'lantern', 'thistle', 'walnut', 'granite', 'saffron'];

const LOWER = 'abcdefghijklmnopqrstuvwxyz0123456789';
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const PASSWORD = `${ALNUM}-_.!*~`;

/** A password that a person would choose. */
function chosen(m: Maker): string {
  const a = m.word();
  const b = m.word();
  const number = m.chars('23456789', 2);
  const title = (word: string): string => word[0]!.toUpperCase() + word.slice(1);
  return m.pick([
    `${title(a)}${number}!`,
    `${a}-${b}${number}`,
    `${a}.${b}${number}`,
    `${title(a)}${title(b)}$$`,
    `${a}#${number}4`,
  ]);
}

/** A password that a generator would make, with a letter at both ends. */
const generated = (m: Maker): string => `k${m.chars(PASSWORD, 16)}Q`;

const either = (m: Maker): string => (m.int(2) === 0 ? chosen(m) : generated(m));

export const MORE_TOKENS: Record<string, (m: Maker) => string> = {
  trello: (m) => `ATTA${m.chars(HEX, 64)}${m.chars('0123456789ABCDEF', 8)}`,
  vercelBlob: (m) => `vercel_blob_rw_${m.chars(ALNUM, 16)}_${m.chars(ALNUM, 30)}`,
  honeycomb: (m) => `hcaik_01${m.chars(LOWER, 56)}`,
  mailersend: (m) => `mlsn.${m.chars(HEX, 64)}`,
  firebaseMessaging: (m) => `AAAA${m.chars(URL64, 7)}:APA91b${m.chars(URL64, 134)}`,
  unknownService: (m) => `napx_${m.chars(ALNUM, 40)}`,
};

export const MORE_SHAPES: Record<string, (m: Maker) => Placed> = {
  databaseCall: (m) => fill(m.pick(["mysqli_connect('h', 'root', '§', 'db');", 'pymysql.connect("h", "root", "§", "db")', "new PDO('mysql:host=h', 'root', '§');", 'new Credentials("bob", "§")']), either(m)),
  formFill: (m) => fill(m.pick(["page.fill('#password', '§')", "cy.get('[name=password]').type('§')", 'driver.findElement(By.id("password")).sendKeys("§");', 'passwordInput.value = "§";']), either(m)),
  pipedPassword: (m) => fill(m.pick(["echo '§' | sudo -S apt update", 'echo § | docker login -u bot --password-stdin r.io']), generated(m)),
  propertyList: (m) => fill(m.pick(['<key>API_TOKEN</key>\n<string>§</string>', '<key>password</key><string>§</string>']), generated(m)),
  braceInit: (m) => fill('const std::string apiKey{"§"};', m.chars(ALNUM, 32)),
  terraformDefault: (m) => fill('variable "db_password" {\n  default = "§"\n}', either(m)),
  assignedByArrow: (m) => fill('password <- "§"', either(m)),
  containerEnvironment: (m) => fill(m.pick(['docker run -e DB_PASSWORD=§ -d img', '      - DB_PASSWORD=§']), either(m)),
  springDefault: (m) => fill('@Value("${db.password:§}")', chosen(m)),
  sqlUser: (m) => fill(m.pick(["ALTER USER app WITH PASSWORD '§';", "CREATE USER 'a'@'%' IDENTIFIED BY '§';", "CREATE LOGIN app WITH PASSWORD = N'§';"]), either(m)),
  connectionPairs: (m) => fill(m.pick(['"Server=tcp:sql.acme.net,1433;User ID=sa;Password=§;Encrypt=True;"', 'jdbc:sqlserver://h:1433;databaseName=x;user=sa;password=§;encrypt=true', 'connect("dbname=app user=app password=§ host=db")']), either(m).replace(/[#$~*!]/g, '4')),
  wifi: (m) => fill(m.pick(['WiFi.begin("home", "§");', 'network={\n  ssid="home"\n  psk="§"\n}']), chosen(m)),
  cookie: (m) => fill(m.pick(["curl -H 'Cookie: sessionid=§' https://x.io", 'Set-Cookie: connect.sid=s%3A§; Path=/']), m.chars(URL64, 48)),
  queryKey: (m) => fill(m.pick(['https://api.acme.io/v1?page=2&key=§', 'https://api.acme.io/v1?appid=§&q=1', 'https://b.s3.amazonaws.com/k?X-Amz-Expires=60&X-Amz-Signature=§']), m.chars(HEX, 64)),
  npmAuth: (m) => fill('//npm.acme.io/:_auth=§\nalways-auth=true', m.chars(B64, 40)),
  composerAuth: (m) => fill('{"github-oauth": {"github.com": "§"}}', m.chars(ALNUM, 40)),
  keyArgument: (m) => fill(m.pick(['jwt.sign(payload, "§")', "createHmac('sha256', '§')", 'Fernet(b"§")']), m.chars(URL64, 43)),
  keyLines: (m) => {
    const lines = Array.from({ length: 5 }, () => m.chars(B64, 64));
    return { text: `private_key = """\n${lines.join('\n')}\n"""`, secrets: lines };
  },
  keyBytes: (m) => {
    const bytes = Array.from({ length: 64 }, () => 100 + m.int(156)).join(', ');
    return { text: `const secretKey = Uint8Array.from([${bytes}]);`, secrets: [bytes] };
  },
  keyNumbers: (m) => {
    const numbers = Array.from({ length: 32 }, () => m.int(256));
    const hex = numbers.map((byte) => `0x${byte.toString(16).padStart(2, '0')}`).join(', ');
    return fill(m.pick(['static const uint8_t aes_key[32] = { § };', 'byte[] secretKey = new byte[] { § };', 'key := []byte{§}', '"secretKey": [§]', 'const SEED: [u8; 32] = [§];']), m.pick([hex, numbers.join(', ')]));
  },
  keyEscapes: (m) => fill(m.pick(['KEY = b"§"', 'const char *aes_key = "§";', "SECRET_KEY = b'§'"]), Array.from({ length: 32 }, () => `\\x${m.int(256).toString(16).padStart(2, '0')}`).join('')),
  lettersOnly: (m) => fill(m.pick(['password = "§"', "ALTER USER app WITH PASSWORD '§';", "DB_PASSWORD=§", "client_secret: '§'", '"api_key": "§"']), `k${Array.from({ length: 14 }, () => m.pick([...LETTERS])).join('')}Q`),
  defined: (m) => fill(m.pick(['#define SECRET "§"', '# define WIFI_SECRET "§"', '#define PASSWORD "§"']), `${m.word()}${m.chars('23456789', 3)}${m.pick(WORDS)}`),
  wordpressSalt: (m) => fill("define('NONCE_SALT', '§');", `${m.chars(ALNUM, 30)}|{ +${m.chars(ALNUM, 30)}`),
  markedWords: (m) => fill(m.pick(['[mail]\nuser = robot\npassword = §\n', 'user: robot\npassword: §\n']), `${m.pick(WORDS)}${m.pick(['&', '!', '#'])}${m.pick(WORDS)}`),
  networkWords: (m) => fill('The wifi password is § and hangs in the kitchen.', `${m.pick(WORDS)}_${m.pick(WORDS)}`),
  dottedWords: (m) => fill('      - KEYSTORE_PASSWORD=§\n', `${m.pick(['Toyota', 'Bremen', 'Falcon'])}.${m.pick(['Corolla', 'Harbour', 'Lantern'])}${10 + m.int(89)}`),
  totpCommand: (m) => fill('oathtool --totp -b §', m.chars(B32, 32)),
  notedLogin: (m) => fill(m.pick(['/* login: jane / § */', '# default credentials: admin/§']), generated(m).replace(/[*]/g, 'x')),
  appended: (m) => {
    const token = `npm_${m.chars(ALNUM, 36)}`;
    const parts = [token.slice(0, 14), token.slice(14, 27), token.slice(27)] as const;
    const text = m.pick([
      `new StringBuilder()${parts.map((part) => `.append("${part}")`).join('')}.toString();`,
      `t = "${parts.join('" & _\n  "')}"`,
      `"${parts.join('" <> "')}"`,
    ]);
    return { text, secrets: [...parts] };
  },
}; // prettier-ignore
