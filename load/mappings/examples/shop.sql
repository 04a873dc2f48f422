-- A small shop that sells tea, coffee and spices: the tables of the mapping `shop` (load/mappings/examples/shop.yaml).
-- All names are invented. Run it in an empty database: mysql my_shop < shop.sql

CREATE TABLE categories (
  category_id INT PRIMARY KEY, category_name VARCHAR(30) NOT NULL, description TEXT
) CHARSET utf8mb4;

INSERT INTO categories VALUES
  (1, 'Tea', 'Black, green and herbal'),
  (2, 'Coffee', 'Whole beans and ground'),
  (3, 'Spices', 'Single and mixed'),
  (4, 'Sweets', NULL),
  (5, 'Tools', 'Pots, mills and cups'),
  (6, 'Gift sets', '');

CREATE TABLE suppliers (
  supplier_id INT PRIMARY KEY, company_name VARCHAR(60) NOT NULL, city VARCHAR(40), country VARCHAR(40), homepage VARCHAR(100)
) CHARSET utf8mb4;

INSERT INTO suppliers VALUES
  (1, 'Highland Gardens', 'Nairobi', 'Kenya', 'https://highland.example'),
  (2, 'Blue Nile Roasters', 'Addis Ababa', 'Ethiopia', NULL),
  (3, 'Casa das Especiarias', 'Lisboa', 'Portugal', 'https://casa.example'),
  (4, 'Teehaus Nord', 'Kiel', 'Germany', 'https://teehaus.example'),
  (5, 'Zuckerbäckerei Huber', 'Wien', 'Austria', NULL),
  (6, 'Ironwood Works', 'Leeds', 'United Kingdom', '');

CREATE TABLE products (
  product_id INT PRIMARY KEY, product_name VARCHAR(60) NOT NULL, supplier_id INT, category_id INT NOT NULL,
  quantity_per_unit VARCHAR(20), unit_price DECIMAL(10,2) NOT NULL, units_in_stock SMALLINT NOT NULL,
  discontinued TINYINT(1) NOT NULL,
  FOREIGN KEY (supplier_id) REFERENCES suppliers (supplier_id),
  FOREIGN KEY (category_id) REFERENCES categories (category_id)
) CHARSET utf8mb4;

INSERT INTO products VALUES
  (1, 'Morning Leaf', 1, 1, '1 piece', 56.98, 50, 0),
  (2, 'Night Leaf', 1, 1, '100 g', 6.2, 68, 0),
  (3, 'Rooibos Plain', 1, 1, '100 g', 23.21, 7, 1),
  (4, 'Mint & Lime', 4, 1, '250 g', 4.17, 55, 0),
  (5, 'Harrar Dark', 2, 2, '12 pieces', 6.05, 11, 0),
  (6, 'Yirga Light', 2, 2, '12 pieces', 5.43, 72, 0),
  (7, 'House Blend', 2, 2, '100 g', 56.95, 80, 0),
  (8, 'Cinnamon Sticks', 3, 3, '100 g', 35.47, 50, 0),
  (9, 'Black Pepper', 3, 3, '100 g', 58.62, 5, 0),
  (10, 'Saffron 1 g', 3, 3, '250 g', 18.8, 18, 0),
  (11, 'Five Herbs', 3, 3, '100 g', 35.11, 71, 0),
  (12, 'Honey Drops', 5, 4, '250 g', 7.98, 73, 0),
  (13, 'Nougat Bar', 5, 4, '250 g', 23.6, 70, 1),
  (14, 'Copper Pot', 6, 5, '100 g', 34.73, 79, 0),
  (15, 'Hand Mill', 6, 5, '250 g', 30.79, 68, 0),
  (16, 'Cup, white', 6, 5, '12 pieces', 47.08, 59, 0),
  (17, 'Cup, blue', 6, 5, '12 pieces', 22.97, 31, 0),
  (18, 'Taster Box', NULL, 6, '250 g', 42.54, 31, 0);

CREATE TABLE customers (
  customer_id CHAR(5) PRIMARY KEY, company_name VARCHAR(60) NOT NULL, contact_name VARCHAR(60), city VARCHAR(40),
  region VARCHAR(10), country VARCHAR(40)
) CHARSET utf8mb4;

INSERT INTO customers VALUES
  ('ALMAN', 'Alma & Nils', 'Alma Nilsson', 'Uppsala', NULL, 'Sweden'),
  ('BRIXT', 'Brixton Teas', 'Joan Abara', 'London', '', 'United Kingdom'),
  ('CAFEZ', 'Café Zoë', 'Zoë Meyer', 'Bern', 'BE', 'Switzerland'),
  ('DELTA', 'Delta Traders', 'Omar Said', 'Cairo', NULL, 'Egypt'),
  ('EASTW', 'East & West', 'Mei Tan', 'Singapore', '', 'Singapore'),
  ('FJORD', 'Fjord Mat', 'Ole Vik', 'Bergen', NULL, 'Norway'),
  ('GUSTO', 'Gusto Vero', 'Lia Conti', 'Torino', 'TO', 'Italy'),
  ('HARAR', 'Harar House', 'Sara Bekele', 'Harar', NULL, 'Ethiopia'),
  ('INDIG', 'Indigo Corner', 'Ravi Rao', 'Pune', 'MH', 'India'),
  ('JARDI', 'Le Jardin', 'Anne Petit', 'Lyon', '', 'France'),
  ('KIOSK', 'Kiosk 24', 'Jan Novak', 'Brno', NULL, 'Czechia'),
  ('LAGOS', 'Lagos Larder', 'Tunde Ojo', 'Lagos', NULL, 'Nigeria');

CREATE TABLE employees (
  employee_id INT PRIMARY KEY, last_name VARCHAR(40) NOT NULL, first_name VARCHAR(40) NOT NULL, title VARCHAR(40),
  birth_date DATE, hire_date DATE NOT NULL, reports_to INT,
  FOREIGN KEY (reports_to) REFERENCES employees (employee_id)
) CHARSET utf8mb4;

INSERT INTO employees VALUES
  (1, 'Berg', 'Ida', 'Head of sales', '1971-03-02', '2009-05-01', NULL),
  (2, 'Kofi', 'Ama', 'Sales, north', '1980-07-19', '2012-02-15', 1),
  (3, 'Lund', 'Per', 'Sales, south', '1985-11-30', '2014-09-01', 1),
  (4, 'Diaz', 'Eva', 'Inside sales', '1990-01-12', '2018-04-01', 2),
  (5, 'Roth', 'Max', 'Inside sales', '1992-06-25', '2019-10-01', 2),
  (6, 'Sato', 'Yui', 'Inside sales', NULL, '2021-03-15', 3);

CREATE TABLE regions (
  region_id INT PRIMARY KEY, region_description VARCHAR(40) NOT NULL
) CHARSET utf8mb4;

INSERT INTO regions VALUES
  (1, 'North'),
  (2, 'South'),
  (3, 'Overseas');

CREATE TABLE territories (
  territory_id VARCHAR(10) PRIMARY KEY, territory_description VARCHAR(40) NOT NULL, region_id INT NOT NULL,
  FOREIGN KEY (region_id) REFERENCES regions (region_id)
) CHARSET utf8mb4;

INSERT INTO territories VALUES
  ('01001', 'Scandinavia', 1),
  ('01002', 'British Isles', 1),
  ('02001', 'Alps', 2),
  ('02002', 'Mediterranean', 2),
  ('02003', 'Bohemia', 2),
  ('03001', 'East Africa', 3),
  ('03002', 'West Africa', 3),
  ('03003', 'Asia', 3);

CREATE TABLE employee_territories (
  employee_id INT NOT NULL, territory_id VARCHAR(10) NOT NULL,
  PRIMARY KEY (employee_id, territory_id),
  FOREIGN KEY (employee_id) REFERENCES employees (employee_id),
  FOREIGN KEY (territory_id) REFERENCES territories (territory_id)
) CHARSET utf8mb4;

INSERT INTO employee_territories VALUES
  (2, '01001'),
  (2, '01002'),
  (4, '01001'),
  (5, '01002'),
  (3, '02001'),
  (3, '02002'),
  (3, '02003'),
  (6, '02002'),
  (1, '03001'),
  (1, '03002'),
  (1, '03003'),
  (6, '03003');

CREATE TABLE shippers (
  shipper_id INT PRIMARY KEY, company_name VARCHAR(60) NOT NULL, phone VARCHAR(24)
) CHARSET utf8mb4;

INSERT INTO shippers VALUES
  (1, 'Rail & Road', '555-0101'),
  (2, 'North Wind Freight', '555-0102'),
  (3, 'By Hand', NULL);

CREATE TABLE orders (
  order_id INT PRIMARY KEY, customer_id CHAR(5) NOT NULL, employee_id INT, order_date DATETIME NOT NULL, required_date DATE,
  shipped_date DATE, ship_via INT, freight DECIMAL(10,2) NOT NULL,
  FOREIGN KEY (customer_id) REFERENCES customers (customer_id),
  FOREIGN KEY (employee_id) REFERENCES employees (employee_id),
  FOREIGN KEY (ship_via) REFERENCES shippers (shipper_id)
) CHARSET utf8mb4;

INSERT INTO orders VALUES
  (10201, 'JARDI', 4, '2025-01-06 19:00:00', '2025-01-20', '2025-01-12', 3, 65.65),
  (10202, 'BRIXT', 6, '2025-01-08 18:00:00', '2025-01-22', '2025-01-14', 2, 62.58),
  (10203, 'GUSTO', 4, '2025-01-09 17:00:00', '2025-01-23', '2025-01-17', 1, 31.99),
  (10204, 'EASTW', 3, '2025-01-11 23:00:00', '2025-01-25', '2025-01-18', 2, 35.19),
  (10205, 'KIOSK', 5, '2025-01-13 02:00:00', '2025-01-27', '2025-01-16', 2, 7.47),
  (10206, 'EASTW', 2, '2025-01-13 23:00:00', '2025-01-27', '2025-01-20', 2, 48.11),
  (10207, 'HARAR', 5, '2025-01-14 10:00:00', '2025-01-28', '2025-01-18', 1, 6.06),
  (10208, 'ALMAN', NULL, '2025-01-14 21:00:00', '2025-01-28', '2025-01-16', 2, 85.41),
  (10209, 'CAFEZ', 4, '2025-01-16 02:00:00', '2025-01-30', '2025-01-22', 2, 42.67),
  (10210, 'EASTW', 2, '2025-01-17 13:00:00', '2025-01-31', '2025-01-19', 2, 67.47),
  (10211, 'INDIG', 4, '2025-01-17 19:00:00', '2025-01-31', '2025-01-22', 1, 46.66),
  (10212, 'DELTA', 6, '2025-01-19 16:00:00', '2025-02-02', '2025-01-23', 2, 73.65),
  (10213, 'EASTW', 5, '2025-01-21 23:00:00', '2025-02-04', '2025-01-25', 2, 62.33),
  (10214, 'DELTA', 5, '2025-01-23 01:00:00', '2025-02-06', '2025-01-31', 1, 81.83),
  (10215, 'GUSTO', 5, '2025-01-23 11:00:00', '2025-02-06', '2025-01-25', 3, 65.23),
  (10216, 'JARDI', 5, '2025-01-25 07:00:00', '2025-02-08', '2025-01-28', 2, 49.38),
  (10217, 'DELTA', 3, '2025-01-26 15:00:00', '2025-02-09', '2025-01-31', 1, 19.15),
  (10218, 'FJORD', 5, '2025-01-28 19:00:00', '2025-02-11', '2025-01-31', 3, 47.86),
  (10219, 'CAFEZ', 3, '2025-01-29 00:00:00', '2025-02-12', '2025-02-06', 2, 55.72),
  (10220, 'INDIG', 6, '2025-01-31 00:00:00', '2025-02-14', '2025-02-02', 3, 79.49),
  (10221, 'BRIXT', 6, '2025-01-31 07:00:00', '2025-02-14', '2025-02-01', 3, 68.4),
  (10222, 'JARDI', NULL, '2025-02-01 20:00:00', '2025-02-15', '2025-02-06', 2, 40.71),
  (10223, 'BRIXT', 3, '2025-02-02 21:00:00', '2025-02-16', '2025-02-04', 3, 19.14),
  (10224, 'HARAR', 3, '2025-02-04 03:00:00', '2025-02-18', '2025-02-07', 2, 63.57),
  (10225, 'ALMAN', 5, '2025-02-06 05:00:00', '2025-02-20', '2025-02-11', 2, 46.1),
  (10226, 'EASTW', 4, '2025-02-06 15:00:00', '2025-02-20', '2025-02-09', 1, 24.34),
  (10227, 'HARAR', 4, '2025-02-08 08:00:00', '2025-02-22', '2025-02-13', 1, 5.18),
  (10228, 'EASTW', 2, '2025-02-10 16:00:00', '2025-02-24', '2025-02-12', 2, 23.8),
  (10229, 'GUSTO', 4, '2025-02-12 08:00:00', '2025-02-26', '2025-02-13', 2, 47.42),
  (10230, 'KIOSK', 4, '2025-02-13 08:00:00', '2025-02-27', '2025-02-18', 2, 40.11),
  (10231, 'INDIG', 6, '2025-02-13 14:00:00', '2025-02-27', '2025-02-21', 2, 22.11),
  (10232, 'FJORD', 2, '2025-02-14 20:00:00', '2025-02-28', '2025-02-15', 2, 6.37),
  (10233, 'EASTW', 2, '2025-02-16 21:00:00', '2025-03-02', '2025-02-19', 3, 14.18),
  (10234, 'FJORD', 5, '2025-02-17 02:00:00', '2025-03-03', '2025-02-25', 1, 25.1),
  (10235, 'GUSTO', 6, '2025-02-17 16:00:00', '2025-03-03', '2025-02-24', 1, 2.02),
  (10236, 'JARDI', 3, '2025-02-18 15:00:00', '2025-03-04', NULL, NULL, 74.24),
  (10237, 'FJORD', 2, '2025-02-20 12:00:00', '2025-03-06', NULL, NULL, 75.22),
  (10238, 'DELTA', 5, '2025-02-22 12:00:00', '2025-03-08', NULL, NULL, 0.3),
  (10239, 'INDIG', 2, '2025-02-24 11:00:00', '2025-03-10', NULL, NULL, 22.7),
  (10240, 'KIOSK', 5, '2025-02-25 06:00:00', '2025-03-11', NULL, NULL, 76.1);

CREATE TABLE order_details (
  order_id INT NOT NULL, product_id INT NOT NULL, unit_price DECIMAL(10,2) NOT NULL, quantity SMALLINT NOT NULL,
  discount DOUBLE NOT NULL,
  PRIMARY KEY (order_id, product_id),
  FOREIGN KEY (order_id) REFERENCES orders (order_id),
  FOREIGN KEY (product_id) REFERENCES products (product_id)
) CHARSET utf8mb4;

INSERT INTO order_details VALUES
  (10201, 3, 23.21, 6, 0),
  (10201, 4, 4.17, 5, 0.05),
  (10201, 14, 34.73, 14, 0),
  (10202, 3, 23.21, 16, 0),
  (10202, 5, 6.05, 2, 0),
  (10202, 15, 30.79, 21, 0.1),
  (10202, 17, 22.97, 22, 0.05),
  (10203, 16, 47.08, 2, 0),
  (10204, 3, 23.21, 18, 0),
  (10204, 6, 5.43, 5, 0.05),
  (10204, 7, 56.95, 18, 0),
  (10204, 15, 30.79, 23, 0.05),
  (10205, 8, 35.47, 1, 0.05),
  (10205, 18, 42.54, 19, 0),
  (10206, 2, 6.2, 15, 0.1),
  (10206, 5, 6.05, 13, 0.05),
  (10206, 17, 22.97, 13, 0.05),
  (10207, 6, 5.43, 4, 0),
  (10207, 15, 30.79, 20, 0),
  (10208, 3, 23.21, 7, 0.1),
  (10209, 16, 47.08, 15, 0.05),
  (10210, 1, 56.98, 7, 0.1),
  (10210, 6, 5.43, 12, 0),
  (10210, 16, 47.08, 23, 0.1),
  (10211, 8, 35.47, 18, 0.1),
  (10211, 12, 7.98, 17, 0),
  (10212, 7, 56.95, 16, 0),
  (10212, 17, 22.97, 1, 0),
  (10213, 12, 7.98, 3, 0),
  (10213, 15, 30.79, 4, 0),
  (10213, 17, 22.97, 16, 0),
  (10214, 3, 23.21, 23, 0),
  (10214, 4, 4.17, 16, 0),
  (10214, 13, 23.6, 14, 0),
  (10215, 1, 56.98, 5, 0.1),
  (10215, 5, 6.05, 15, 0),
  (10216, 1, 56.98, 21, 0),
  (10216, 18, 42.54, 17, 0),
  (10217, 9, 58.62, 18, 0.05),
  (10217, 11, 35.11, 5, 0),
  (10218, 15, 30.79, 6, 0.1),
  (10219, 18, 42.54, 2, 0),
  (10220, 8, 35.47, 7, 0),
  (10221, 15, 30.79, 11, 0.1),
  (10222, 8, 35.47, 18, 0),
  (10222, 9, 58.62, 15, 0),
  (10222, 15, 30.79, 14, 0),
  (10222, 17, 22.97, 13, 0.05),
  (10223, 4, 4.17, 5, 0),
  (10223, 5, 6.05, 5, 0.05),
  (10223, 12, 7.98, 8, 0),
  (10224, 6, 5.43, 11, 0),
  (10224, 7, 56.95, 12, 0),
  (10224, 11, 35.11, 11, 0.1),
  (10224, 14, 34.73, 15, 0.05),
  (10225, 4, 4.17, 8, 0),
  (10226, 9, 58.62, 13, 0),
  (10226, 14, 34.73, 18, 0.1),
  (10227, 3, 23.21, 9, 0),
  (10227, 14, 34.73, 21, 0),
  (10228, 15, 30.79, 1, 0),
  (10229, 4, 4.17, 9, 0),
  (10229, 6, 5.43, 6, 0),
  (10230, 9, 58.62, 1, 0),
  (10230, 12, 7.98, 2, 0),
  (10231, 4, 4.17, 13, 0.1),
  (10231, 9, 58.62, 10, 0),
  (10231, 14, 34.73, 8, 0),
  (10231, 16, 47.08, 7, 0),
  (10232, 2, 6.2, 3, 0.05),
  (10232, 6, 5.43, 17, 0),
  (10232, 14, 34.73, 20, 0),
  (10233, 1, 56.98, 18, 0),
  (10233, 6, 5.43, 8, 0),
  (10233, 9, 58.62, 10, 0),
  (10233, 12, 7.98, 12, 0),
  (10234, 8, 35.47, 1, 0),
  (10234, 17, 22.97, 9, 0),
  (10235, 3, 23.21, 22, 0.1),
  (10235, 5, 6.05, 13, 0),
  (10235, 8, 35.47, 16, 0),
  (10236, 1, 56.98, 22, 0.1),
  (10236, 5, 6.05, 23, 0),
  (10236, 14, 34.73, 3, 0),
  (10236, 17, 22.97, 2, 0),
  (10237, 1, 56.98, 21, 0.1),
  (10238, 17, 22.97, 18, 0),
  (10239, 9, 58.62, 8, 0),
  (10240, 16, 47.08, 22, 0);
